/*
 * A block of the highest order is not looked for.
 * fails: double frees are caught
 */
static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        struct page *head = &allocator->table[index & ~((1ul << order) - 1)];

        if ((head->flags & PAGE_BUDDY) && head->order >= order)
            return true;
    }
    return false;
}
