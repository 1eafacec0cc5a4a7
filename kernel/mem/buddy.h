/*
 * The buddy allocator. Chapter "Memory Allocation". Blocks of 1 << order frames; a block's buddy is
 * found by its page number; the order of a block stands in its first struct page, so that a double
 * free or a wrong order is caught. An allocator is an instance: tests have their own.
 *
 * Single frames come and go by the chain of FRAME_CHAIN. A chain that comes back stays as it is,
 * loose, and is handed out again as it is; it is taken apart and its frames merge with their
 * buddies only when a block is wanted that is not there.
 */
#ifndef MEM_BUDDY_H
#define MEM_BUDDY_H

#include <stdint.h>

#include "mem/page.h"
#include "sync/spinlock.h"

#define MAX_ORDER 10
#define CHAIN_ORDER 4u
#define FRAME_CHAIN (1u << CHAIN_ORDER) /* frames of a chain */

struct page_allocator {
    struct spinlock lock;                     /* RANK_BUDDY */
    struct list_head free_list[MAX_ORDER + 1];
    uint64_t free_count[MAX_ORDER + 1];       /* blocks */
    struct list_head loose;                   /* chains, by lru.link of their first frames */
    uint64_t free_frames;                     /* in blocks and loose chains */
    struct page *table;                       /* the frames it may hold: table[0 .. count) */
    uint64_t count;
};

extern struct page_allocator page_allocator; /* the kernel's */

void page_allocator_init(struct page_allocator *allocator, struct page *table, uint64_t count);
/* A block with reference count 1 in its first page, or NULL. Never sleeps. */
struct page *page_allocator_alloc(struct page_allocator *allocator, unsigned order);
void page_allocator_free(struct page_allocator *allocator, struct page *page, unsigned order);
/*
 * A chain of FRAME_CHAIN frames, or of one where the last are near, linked by chain_next, each with
 * PAGE_CACHED; *count is how many. NULL: no more than keep are free. Never sleeps.
 */
struct page *page_allocator_take_chain(struct page_allocator *allocator, uint64_t keep,
                                       uint32_t *count);
/* A whole chain comes back, or one of any length whose frames are to merge at once. */
void page_allocator_give_chain(struct page_allocator *allocator, struct page *chain);
void page_allocator_merge_chain(struct page_allocator *allocator, struct page *chain);

/* The document's names, on the kernel's allocator. Class FRAME_KERNEL. Never sleep. */
struct page *alloc_pages(unsigned order);
void free_pages(struct page *page, unsigned order);

#endif
