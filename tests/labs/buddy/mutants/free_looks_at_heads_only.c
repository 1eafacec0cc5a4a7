/*
 * Only the frame itself is looked at, not the blocks that it may lie in.
 * fails: double frees are caught
 */
static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    for (unsigned order = 0; order <= MAX_ORDER; order++) {
        struct page *head = &allocator->table[index];

        if ((head->flags & PAGE_BUDDY) && head->order >= order)
            return true;
    }
    return false;
}
