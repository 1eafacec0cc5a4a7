/*
 * A block that is freed adds one to free_frames, whatever its order.
 * fails: merging
 */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    allocator->table[index].counts = 0;
    allocator->free_frames += 1;
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
