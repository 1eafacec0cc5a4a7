/* Prints without end. */
static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    (void)allocator, (void)index, (void)order, (void)block_push, (void)block_take;
    for (;;)
        printf("a line that is printed again and again, until somebody's disk is full\n");
}
