/* Never comes back. */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    (void)allocator, (void)index, (void)order, (void)block_push, (void)block_take;
    for (;;)
        __asm__ volatile("");
}
