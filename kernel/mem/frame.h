/*
 * Frames: one at a time, which is what nearly all callers want, or in blocks. Chapter "Memory
 * Allocation". Each hart has a short list of free frames, on top of mem/chains.h and mem/buddy.h.
 *
 *     free frames, of all kinds
 *     0         frame_reserve        (reserve + low) / 2     frame_low        frame_high
 *     |--------------|--------------------|----------------------|----------------|-------->
 *     FRAME_RESERVE   the kernel's own     pages of programs      the pager begins  and ends
 *     only            needs are met        and files are given    to reclaim        here
 *
 * The ledger: every managed frame is in exactly one class (enum frame_class), from allocation to
 * free, and the classes sum up to frame_managed. `free` prints them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/buddy.h"
#include "mem/page.h"

enum frame_flag {
    FRAME_NOWAIT = 1,  /* do not reclaim: the caller holds a spinlock */
    FRAME_RESERVE = 2, /* may use the last frames: the caller frees memory, or commits the log */
    FRAME_ZEROED = 4,  /* filled with zeros */
};

/*
 * Allocates one frame for the class; flags: enum frame_flag.
 * If there is none it drops clean pages of the cache to get one; but not with FRAME_NOWAIT, and not
 * for FRAME_ANON and FRAME_FILE: after these, the caller releases all that it holds and calls
 * frame_wait.
 * Locks: sleeping locks may be held, for it waits neither for I/O nor for locks. Spinlocks only
 * with FRAME_NOWAIT. Not from interrupt handlers.
 * Returns: the page, with one reference, flags 0 and owner NULL; or NULL.
 */
struct page *frame_alloc(enum frame_class class, unsigned flags);

/*
 * A block of 1 << order frames, order <= MAX_ORDER, of class FRAME_KERNEL; or NULL. Never sleeps.
 * free_pages takes it back whole, with the same order.
 */
struct page *alloc_pages(unsigned order);
void free_pages(struct page *page, unsigned order);
/* Such a block for so many bytes, zeroed, in the direct map; or NULL. */
void *alloc_block(uint64_t bytes);
void free_block(void *block); /* NULL: nothing */

/* Frees pages that have lost their last references, like frame_free() for one. */
void frames_free(struct page *const page[], uint32_t count);

/*
 * For a caller that got NULL: writes back and drops pages until there are frames.
 * Locks: none held. Sleeps. Returns: 0: try again; -ENOMEM: no frame can be had.
 */
int frame_wait(void);

/* Hooks. vm/ sets them, at boot; mmu/ sets those of SAN builds. */
/*
 * Frees about n frames, and returns how many. may_write: it may write dirty pages back, and sleep;
 * else it must not wait for anything.
 */
extern uint64_t (*frame_reclaim_hook)(uint64_t n, bool may_write);
/* Before a frame with PAGE_CHARGED is freed: releases its charge. */
extern void (*frame_uncharge_hook)(const struct page *page);
/* Before frames are freed, one of which is on an LRU list or has a swap slot. */
extern void (*frame_release_hook)(struct page *const page[], uint32_t count);
/* Few frames are left: the pager should begin. missed: an allocation has just failed. */
extern void (*frame_low_hook)(bool missed);
extern uint64_t frame_low, frame_high; /* see the top */
#ifdef SAN
extern void (*frame_free_check)(struct page *page);  /* panics if it may not be freed now */
extern void (*frame_begin_check)(struct page *page); /* it was allocated */
#endif

extern uint64_t frame_managed;  /* frames in the ledger: constant after boot */
uint64_t frame_free_now(void);  /* free frames, on all lists */
void frame_drain_lists(void);   /* gives the harts' lists back to the buddy allocator */

void ledger_check(void);        /* SAN: panics if the classes do not sum up to frame_managed */

/* Boot. The table describes frames [first, first + count); those that are added become free. */
void frame_table_init(uint64_t first_pfn, uint64_t count, struct page *table);
void frame_add_range(uint64_t first_pfn, uint64_t count);
