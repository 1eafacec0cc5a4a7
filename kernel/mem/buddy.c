/*
 * The buddy allocator. Chapter "Memory Allocation". See mem/buddy.h.
 *
 * What always holds, under the lock: a free block starts at a multiple of its size; only its first
 * struct page has PAGE_BUDDY; two free buddies of one order never exist, since they are merged.
 */
#include "mem/buddy.h"

#include "sync/printf.h"

struct page_allocator page_allocator;

/* The block becomes free, as it is. Locks: the allocator's. */
static void block_push(struct page_allocator *allocator, struct page *page, unsigned order)
{
    page->flags = PAGE_BUDDY;
    page->order = (uint8_t)order;
    list_add(&page->lru.link, &allocator->free_list[order]);
    allocator->free_count[order]++;
}

/* Takes the free block off its list. Locks: the allocator's. */
static void block_take(struct page_allocator *allocator, struct page *page, unsigned order)
{
    list_del(&page->lru.link);
    page->flags = 0;
    allocator->free_count[order]--;
}

void page_allocator_init(struct page_allocator *allocator, struct page *table, uint64_t count)
{
    spin_init(&allocator->lock, "buddy", RANK_BUDDY);
    allocator->table = table;
    allocator->count = count;
    allocator->free_frames = 0;
    for (unsigned order = 0; order <= MAX_ORDER; order++) {
        list_init(&allocator->free_list[order]);
        allocator->free_count[order] = 0;
    }
}

/*
 * Is the frame at index part of a free block? The head of a block of order n that contains it can
 * only be at index rounded down to a multiple of 2^n. Locks: the allocator's.
 */
static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    for (unsigned order = 0; order <= MAX_ORDER; order++) {
        struct page *head = &allocator->table[index & ~((1ul << order) - 1)];

        if ((head->flags & PAGE_BUDDY) && head->order >= order)
            return true;
    }
    return false;
}

/*
 * Frees the block of that order at index, merging it with its buddy as long as that is in the
 * table, free and of the same order. free_frames grows by the block's own frames.
 * Locks: the allocator's.
 */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    allocator->table[index].counts = 0;
    allocator->free_frames += 1ul << order;
    while (order < MAX_ORDER) {
        uint64_t buddy = index ^ (1ul << order);
        struct page *other = &allocator->table[buddy];

        if (buddy >= allocator->count || !(other->flags & PAGE_BUDDY) || other->order != order)
            break;
        block_take(allocator, other, order);
        index &= ~(1ul << order);
        order++;
    }
    block_push(allocator, &allocator->table[index], order);
}

/*
 * Takes a block of the least order that is large enough, splits it, and frees the upper halves.
 * Returns: the head of a block of `order`, with its order set, one reference and flags 0; NULL: no
 * block is large enough. free_frames shrinks by 1 << order.
 * Locks: the allocator's.
 */
static struct page *block_split(struct page_allocator *allocator, unsigned order)
{
    struct page *page = NULL;
    unsigned found = order;

    spin_assert_held(&allocator->lock);
    while (found <= MAX_ORDER && list_empty(&allocator->free_list[found]))
        found++;
    if (found > MAX_ORDER)
        return NULL;
    page = container_of(allocator->free_list[found].next, struct page, lru.link);
    block_take(allocator, page, found);
    while (found > order) {
        found--;
        block_push(allocator, page + (1ul << found), found);
    }
    page->order = (uint8_t)order;
    page->counts = PAGE_REF;
    allocator->free_frames -= 1ul << order;
    return page;
}

struct page *page_allocator_alloc(struct page_allocator *allocator, unsigned order)
{
    struct page *page;

    assert(order <= MAX_ORDER);
    spin_lock(&allocator->lock);
    page = block_split(allocator, order);
    spin_unlock(&allocator->lock);
    return page;
}

void page_allocator_free(struct page_allocator *allocator, struct page *page, unsigned order)
{
    uint64_t index = (uint64_t)(page - allocator->table);

    spin_lock(&allocator->lock);
    if (index >= allocator->count || frame_is_free(allocator, index))
        panic("free of frame %lu, which is free or not ours", (unsigned long)index);
    if (page->order != order)
        panic("free of frame %lu by order %u, allocated by %u", (unsigned long)index, order,
              page->order);
    block_free(allocator, index, order);
    spin_unlock(&allocator->lock);
}
