/*
 * The radix tree of a vm_object's pages. See vm/cache/page_tree.h.
 *
 * What always holds: each node has an entry that is not NULL; all indices have at most 6 * height
 * bits; an empty tree has height 0 and no root.
 */
#include "vm/cache/page_tree.h"

#include <stdbool.h>

#include "abi/errno.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "sync/printf.h"

static uint32_t entry_at(uint64_t index, uint32_t level) /* nodes of level 1 hold the pages */
{
    return (index >> (PAGE_TREE_BITS * (level - 1))) & (PAGE_TREE_FANOUT - 1);
}

static bool index_fits(uint64_t index, uint32_t height)
{
    return index >> (PAGE_TREE_BITS * height) == 0;
}

/* Slots are odd numbers, which no pointer is. */
static bool is_slot(const void *entry)
{
    return (uint64_t)entry & 1;
}

void *const *page_tree_places(const struct page_tree *tree, uint64_t index, uint64_t *count)
{
    *count = tree->height == 0 && index == 0 ? 1 : PAGE_TREE_FANOUT - index % PAGE_TREE_FANOUT;
    return page_tree_place(tree, index);
}

uint32_t page_tree_find_slot(const struct page_tree *tree, uint64_t index)
{
    void *const *place = page_tree_place(tree, index);
    void *entry = place ? *place : NULL;

    return is_slot(entry) ? (uint32_t)((uint64_t)entry >> 1) + 1 : 0;
}

/*
 * Returns: the first page, or with `slots` the first slot, at or after *index in the subtree of
 * node, with its index in *index; or NULL. The subtree's indices begin at base.
 */
static void *subtree_next(void *node, uint32_t level, uint64_t base, bool slots, uint64_t *index)
{
    uint64_t span = 1ul << (PAGE_TREE_BITS * (level - 1));
    uint32_t first = *index > base ? (uint32_t)((*index - base) / span) : 0;

    for (uint32_t i = first; i < PAGE_TREE_FANOUT; i++) {
        void *entry = ((struct tree_node *)node)->entry[i];

        if (entry && level > 1)
            entry = subtree_next(entry, level - 1, base + i * span, slots, index);
        else if (entry && is_slot(entry) != slots)
            entry = NULL;
        if (!entry)
            continue;
        if (level == 1)
            *index = base + i;
        return entry;
    }
    return NULL;
}

static void *tree_next(const struct page_tree *tree, bool slots, uint64_t *from)
{
    if (!tree->root || !index_fits(*from, tree->height))
        return NULL;
    if (tree->height)
        return subtree_next(tree->root, tree->height, 0, slots, from);
    return is_slot(tree->root) == slots ? tree->root : NULL;
}

struct page *page_tree_next(const struct page_tree *tree, uint64_t from)
{
    return tree_next(tree, false, &from);
}

bool page_tree_next_slot(const struct page_tree *tree, uint64_t *from)
{
    return tree_next(tree, true, from) != NULL;
}

/* Adds nodes above the root until index fits. 0 or -ENOMEM. */
static int tree_raise(struct page_tree *tree, uint64_t index)
{
    while (!index_fits(index, tree->height)) {
        if (tree->root) {
            struct tree_node *node = kmem_alloc(sizeof(*node), FRAME_NOWAIT);

            if (!node)
                return -ENOMEM;
            node->entry[0] = tree->root;
            tree->root = node;
        }
        tree->height++;
    }
    return 0;
}

/* Frees the empty nodes on the path to index. A tree that has become empty gets height 0. */
static void tree_prune(struct page_tree *tree, uint64_t index)
{
    void **link[8];
    void **at = &tree->root;
    uint32_t depth = 0;

    for (uint32_t level = tree->height; level > 0 && *at; level--) {
        link[depth++] = at;
        at = &((struct tree_node *)*at)->entry[entry_at(index, level)];
    }
    while (depth > 0 && !*at) {
        struct tree_node *node;
        uint32_t i, left = PAGE_TREE_FANOUT;

        at = link[--depth];
        node = *at;
        i = entry_at(index, tree->height - depth); /* most often its next neighbour is there */
        for (; left > 0 && !node->entry[i]; left--)
            i = (i + 1) % PAGE_TREE_FANOUT;
        if (left > 0)
            return;
        kmem_free(node);
        *at = NULL;
    }
    if (!tree->root)
        tree->height = 0;
}

int page_tree_insert(struct page_tree *tree, uint64_t index, struct page *page)
{
    void **at = &tree->root;
    int error;

    assert(index <= PAGE_TREE_MAX_INDEX);
    error = tree_raise(tree, index);
    if (error)
        return error;
    for (uint32_t level = tree->height; level > 0; level--) {
        if (!*at)
            *at = kmem_alloc(sizeof(struct tree_node), FRAME_NOWAIT);
        if (!*at) {
            tree_prune(tree, index);
            return -ENOMEM;
        }
        at = &((struct tree_node *)*at)->entry[entry_at(index, level)];
    }
    assert(!*at);
    *at = page;
    return 0;
}

void page_tree_replace(struct page_tree *tree, uint64_t index, struct page *page, uint32_t slot)
{
    void **at = (void **)page_tree_place(tree, index);

    assert(at && *at);
    *at = page ? (void *)page : (void *)((uint64_t)slot << 1 | 1);
}

void page_tree_remove(struct page_tree *tree, uint64_t index)
{
    *(void **)page_tree_place(tree, index) = NULL;
    tree_prune(tree, index);
}
