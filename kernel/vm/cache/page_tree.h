/*
 * Pages by index: a radix tree with 64 entries a node, as high as the largest index needs. An
 * object with one page at index 0 has no node at all. The caller serialises (vm_object.lock).
 */
#ifndef VM_PAGE_TREE_H
#define VM_PAGE_TREE_H

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

/*
 * A place may also hold the number of a swap slot, for a page of shared memory that is out: then no
 * page is found there, and none can be inserted but by page_tree_replace.
 */
/* Where the entry for index is, or NULL. */
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
 * The places of index and those that follow it in one node, *count of them; NULL: nothing is there.
 */
void *const *page_tree_places(const struct page_tree *tree, uint64_t index, uint64_t *count);
static inline struct page *page_of_place(void *place) /* or NULL */
{
    return (uint64_t)place & 1 ? NULL : place; /* slots are odd numbers, which no pointer is */
}
static inline struct page *page_tree_find(const struct page_tree *tree, uint64_t index)
{
    void *const *place = page_tree_place(tree, index);

    return place ? page_of_place(*place) : NULL;
}
/* The page with the smallest index >= from, or NULL; its index is page->index. */
struct page *page_tree_next(const struct page_tree *tree, uint64_t from);
/* Nothing may be at index. Returns: 0 or -ENOMEM. Never sleeps. */
int page_tree_insert(struct page_tree *tree, uint64_t index, struct page *page);
/* The slot at index, + 1, or 0; the first index >= *from that has one: false: none. */
uint32_t page_tree_find_slot(const struct page_tree *tree, uint64_t index);
bool page_tree_next_slot(const struct page_tree *tree, uint64_t *from);
/* In place of what is there: a page, or, where that is NULL, a slot. Never fails. */
void page_tree_replace(struct page_tree *tree, uint64_t index, struct page *page, uint32_t slot);
/* Takes out what is there; nodes that become empty are freed. */
void page_tree_remove(struct page_tree *tree, uint64_t index);

#endif
