/*
 * Merging stops after one step.
 * fails: merging
 */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    allocator->table[index].counts = 0;
    allocator->free_frames += 1ul << order;
    for (int once = 0; once < 1 && order < MAX_ORDER; once++) {
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
