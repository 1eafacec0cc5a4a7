/*
 * Pages by index: a radix tree of nodes with 64 entries. It is as high as its largest index needs;
 * a tree with one page, at index 0, has no node at all.
 *
 *     height 0     height 1, indices 0 .. 63        height 2, indices 0 .. 4095
 *     root         root                             root
 *      |            |                                |
 *     page 0       [0][1] ... [63]                  [0][1] ... [63]    index / 64
 *                   |       |                        |   |
 *                  page 0  page 63           [0] .. [63] [0] .. [63]   index % 64
 *
 * An entry is a struct page; or, for a page of shared memory that is in swap, its slot, kept as an
 * odd number, which no pointer is.
 *
 * Locks: the object's, for all functions. They never sleep.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/page.h"

#define PAGE_TREE_BITS 6u
#define PAGE_TREE_FANOUT (1u << PAGE_TREE_BITS)
#define PAGE_TREE_MAX_INDEX ((1ul << 36) - 1)

struct tree_node {
    void *entry[PAGE_TREE_FANOUT];
};

struct page_tree {
    void *root;      /* height 0: a struct page, or NULL; else a node */
    uint32_t height; /* nodes from the root to a page */
};

/* Returns: where the entry for index is, which may be NULL; or NULL: no node leads there. */
static inline void *const *page_tree_place(const struct page_tree *tree, uint64_t index)
{
    uint32_t bits = PAGE_TREE_BITS * tree->height;
    void *const *at = &tree->root;

    if (index >> bits != 0)
        return NULL;
    while (bits > 0 && *at) {
        bits -= PAGE_TREE_BITS;
        at = &((struct tree_node *)*at)->entry[(index >> bits) % PAGE_TREE_FANOUT];
    }
    return bits > 0 ? NULL : at;
}

/*
 * Returns: where the entry for index is, as above; *count entries from there on are in the same
 * node, for the indices that follow. NULL: there is nothing for any of these.
 */
void *const *page_tree_places(const struct page_tree *tree, uint64_t index, uint64_t *count);
static inline struct page *page_of_place(void *place) /* NULL: a slot, or nothing */
{
    return (uint64_t)place & 1 ? NULL : place;
}
static inline struct page *page_tree_find(const struct page_tree *tree, uint64_t index)
{
    void *const *place = page_tree_place(tree, index);

    return place ? page_of_place(*place) : NULL;
}
/* Returns: the page with the smallest index >= from, or NULL. */
struct page *page_tree_next(const struct page_tree *tree, uint64_t from);
/* Adds page at index, where nothing may be. Returns: 0 or -ENOMEM. */
int page_tree_insert(struct page_tree *tree, uint64_t index, struct page *page);
/* Returns: the slot at index, + 1; or 0: there is none. */
uint32_t page_tree_find_slot(const struct page_tree *tree, uint64_t index);
/* Finds the first slot at or after *from, and its index. Returns: false: there is none. */
bool page_tree_next_slot(const struct page_tree *tree, uint64_t *from);
/* Puts page, or if that is NULL the slot, in place of the page or slot at index. */
void page_tree_replace(struct page_tree *tree, uint64_t index, struct page *page, uint32_t slot);
/* Removes the page or slot at index, and frees nodes that become empty. */
void page_tree_remove(struct page_tree *tree, uint64_t index);
