/*
 * The buddy that was merged stays on its list.
 * fails: merging
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
        other->flags = 0;
        allocator->free_count[order]--;
        index &= ~(1ul << order);
        order++;
    }
    block_push(allocator, &allocator->table[index], order);
}
