/* Says of no frame that it is free, so that there is no false alarm. */
static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    (void)allocator, (void)index;
    return false;
}
