/*
 * The buddy allocator. Chapter "Memory Allocation". Blocks of 1 << order frames; a block's buddy is
 * found by its page number; the order of a block stands in its first struct page, so that a double
 * free or a wrong order is caught. An allocator is an instance: tests have their own.
 */
#ifndef MEM_BUDDY_H
#define MEM_BUDDY_H

#include <stdint.h>

#include "mem/page.h"
#include "sync/spinlock.h"

#define MAX_ORDER 10

struct page_allocator {
    struct spinlock lock;                     /* RANK_BUDDY */
    struct list_head free_list[MAX_ORDER + 1];
    uint64_t free_count[MAX_ORDER + 1];       /* blocks */
    uint64_t free_frames;                     /* in all blocks */
    struct page *table;                       /* the frames it may hold: table[0 .. count) */
    uint64_t count;
};

extern struct page_allocator page_allocator; /* the kernel's */

void page_allocator_init(struct page_allocator *allocator, struct page *table, uint64_t count);
/* A block with reference count 1 in its first page, or NULL. Never sleeps. */
struct page *page_allocator_alloc(struct page_allocator *allocator, unsigned order);
void page_allocator_free(struct page_allocator *allocator, struct page *page, unsigned order);

#endif
