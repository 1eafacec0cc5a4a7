/*
 * The buddy allocator. Chapter "Memory Allocation".
 *
 * Memory is allocated in blocks. A block of order n has 2^n frames and begins at a multiple of 2^n
 * in the frame table; n is 0 to MAX_ORDER. So blocks of one order lie in pairs. The two blocks of a
 * pair are buddies; together they are a block of the next order:
 *
 *     index      0     1     2     3     4     5     6     7
 *     order 0  [ 0 ] [ 1 ] [ 2 ] [ 3 ] [ 4 ] [ 5 ] [ 6 ] [ 7 ]     buddy of 6: 7
 *     order 1  [   0     ] [   2     ] [   4     ] [   6     ]     buddy of 6: 4
 *     order 2  [         0           ] [         4           ]     buddy of 4: 0
 *     order 3  [                     0                       ]
 *
 *     buddy of block i of order n:        i ^ (1 << n)
 *     begin of the block that both are:   i & ~(1 << n)
 *
 * There is a list of free blocks for each order. To allocate, take a block of the least order that
 * has one and is large enough, and split it: the upper half becomes a free block, the lower half is
 * split again, until the order is the one that was asked for. One frame out of a block of order 3:
 *
 *     before   [                     0                       ]     order 3: 0
 *     after    [ 0 ] [ 1 ] [    2    ] [         4           ]     order 0: 1   1: 2   2: 4
 *               given
 *
 * To free, merge: while the buddy is free and of the same order, take it off its list and go on
 * with the block of the next order that both make up. So freeing 0 leads back to the first line.
 * Merging ends at MAX_ORDER, and where the buddy begins at or beyond the table's end (`count`).
 * free_frames changes by the frames of the block that is given or freed, not by splits and merges.
 *
 * A frame's struct page says what it is, so that no other memory is needed:
 *
 *     head of a free block        PAGE_BUDDY, order, lru.link (on the list), counts 0
 *     head of a block in use      no PAGE_BUDDY, order, counts not 0
 *     other frames of a block     no PAGE_BUDDY; order is of no meaning
 *
 * An allocator is an instance: tests have their own. The kernel's, page_allocator, is the lowest
 * of three layers: mem/chains.h and mem/frame.h stand on it.
 */
#pragma once

#include <stdint.h>

#include "mem/page.h"
#include "sync/spinlock.h"

#define MAX_ORDER 10

struct page_allocator {
    struct spinlock lock;                     /* RANK_BUDDY */
    struct list_head free_list[MAX_ORDER + 1];
    uint64_t free_count[MAX_ORDER + 1];       /* blocks */
    uint64_t free_frames;                     /* in all free blocks */
    struct page *table;                       /* the frames it may hold: table[0 .. count) */
    uint64_t count;
};

extern struct page_allocator page_allocator; /* the kernel's */

/* Makes an allocator for the frames of table[0 .. count), none of which is free yet. */
void page_allocator_init(struct page_allocator *allocator, struct page *table, uint64_t count);
/*
 * order <= MAX_ORDER. Never sleeps.
 * Returns: the head of a block of that order, with one reference, flags 0; or NULL: there is none.
 */
struct page *page_allocator_alloc(struct page_allocator *allocator, unsigned order);
/*
 * Frees a block, whatever its count of references; also a single frame (order 0) that was never
 * allocated, at boot. Never sleeps. Panics if page is not in the table, lies in a free block (a
 * double free), or has another order.
 */
void page_allocator_free(struct page_allocator *allocator, struct page *page, unsigned order);
