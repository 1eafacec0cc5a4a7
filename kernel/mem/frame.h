/*
 * Frames one at a time: what nearly everybody wants. Each hart keeps a short list of free frames in
 * front of the buddy allocator. Every managed frame is in one ledger class, from allocation to
 * free.
 */
#ifndef MEM_FRAME_H
#define MEM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/buddy.h"
#include "mem/page.h"

enum frame_flag {
    FRAME_NOWAIT = 1,  /* a spinlock is held: do not reclaim */
    FRAME_RESERVE = 2, /* may use the last frames: to free memory, or to commit the log */
    FRAME_ZEROED = 4,  /* filled with zeros */
};

/*
 * One frame with one reference, or NULL. Without FRAME_NOWAIT it may drop clean pages of the cache
 * to find one, but for FRAME_ANON and FRAME_FILE: their callers let go of all they hold, and call
 * frame_wait. It never waits for I/O or for a lock, so sleeping locks may be held. Not from
 * interrupts.
 */
struct page *frame_alloc(enum frame_class class, unsigned flags);

/*
 * A block of 1 << order frames, order <= MAX_ORDER, of class FRAME_KERNEL; or NULL. Never sleeps.
 * free_pages takes it back whole, with the same order.
 */
struct page *alloc_pages(unsigned order);
void free_pages(struct page *page, unsigned order);

/* Many of which the last references are gone, as frame_free() for one. */
void frames_free(struct page *const page[], uint32_t count);

/*
 * For a caller that got NULL and has let go of all locks: writes back and drops until there are
 * frames. Sleeps. Returns 0 when it pays to try again, -ENOMEM when nothing can be had.
 */
int frame_wait(void);

/*
 * The reclaimer (vm/ sets it): frees about n frames, returns how many. may_write: it may write
 * dirty pages back and sleep for that; else it must not wait for anything.
 */
extern uint64_t (*frame_reclaim_hook)(uint64_t n, bool may_write);
/* Called when a frame with PAGE_CHARGED is freed: its promise is given back (vm/ sets it). */
extern void (*frame_uncharge_hook)(const struct page *page);
/* Called when frames are freed some of which are on an LRU list or have a slot (vm/ sets it). */
extern void (*frame_release_hook)(struct page *const page[], uint32_t count);
/* Called when few frames are left, from anywhere but interrupts: somebody should reclaim. missed:
 * there was none for the running thread. */
extern void (*frame_low_hook)(bool missed);
extern uint64_t frame_low, frame_high; /* free frames: the pager begins below, and ends above */
#ifdef SAN
extern void (*frame_free_check)(struct page *page); /* may this frame be freed? mmu/ sets it */
extern void (*frame_begin_check)(struct page *page); /* it is somebody's now; mmu/ sets it */
#endif

extern uint64_t frame_managed;  /* frames in the ledger: constant after boot */
uint64_t frame_free_now(void);  /* free frames, on all lists */
void frame_drain_lists(void);   /* gives the harts' lists back to the buddy allocator */

void ledger_read(uint64_t frames[FRAME_CLASSES]); /* exact when nobody allocates meanwhile */
void ledger_check(void);        /* SAN: panics if the classes do not sum up to the managed frames */

/* Boot. The table describes frames [first, first + count); those added are managed, and free. */
void frame_table_init(uint64_t first_pfn, uint64_t count, struct page *table);
void frame_add_range(uint64_t first_pfn, uint64_t count);

#endif
