/*
 * The starting version of the lab's functions: kernel/mem/buddy.c has these bodies in a hand-out.
 * The signatures are those of the reference. No compiler reads this file itself.
 */

static bool frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    (void)allocator;
    (void)index;
    not_written("frame_is_free");
}

static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    (void)allocator;
    (void)index;
    (void)order;
    (void)block_push; /* given above, and not used yet */
    not_written("block_free");
}

static struct page *block_split(struct page_allocator *allocator, unsigned order)
{
    (void)allocator;
    (void)order;
    (void)block_take; /* given above, and not used yet */
    not_written("block_split");
}
