/*
 * A buddy is merged with whatever its own order is.
 * fails: merging
 */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    allocator->table[index].counts = 0;
    allocator->free_frames += 1ul << order;
    while (order < MAX_ORDER) {
        uint64_t buddy = index ^ (1ul << order);
        struct page *other = &allocator->table[buddy];

        if (buddy >= allocator->count || !(other->flags & PAGE_BUDDY))
            break;
        block_take(allocator, other, order);
        index &= ~(1ul << order);
        order++;
    }
    block_push(allocator, &allocator->table[index], order);
}
