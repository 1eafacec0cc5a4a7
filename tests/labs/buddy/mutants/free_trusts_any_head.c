/*
 * Any free block that begins there counts, however small.
 * fails: no false alarms
 */
static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    for (unsigned order = 0; order <= MAX_ORDER; order++) {
        struct page *head = &allocator->table[index & ~((1ul << order) - 1)];

        if ((head->flags & PAGE_BUDDY))
            return true;
    }
    return false;
}
