/*
 * A block that comes back is counted, and given to nobody any more.
 * fails: merging
 */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    allocator->table[index].counts = 0;
    allocator->free_frames += 1ul << order;
    (void)block_push;
}
