/*
 * The order of a frame that is no head is believed.
 * fails: no false alarms
 */
static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    for (unsigned order = 0; order <= MAX_ORDER; order++) {
        struct page *head = &allocator->table[index & ~((1ul << order) - 1)];

        if (head->order >= order && head->order > 0)
            return true;
    }
    return false;
}
