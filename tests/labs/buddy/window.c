/*
 * The student's functions are static: their file is included here, and each is reached through a
 * function of ours. Nothing else is in this file, so that no name of theirs meets one of ours.
 */
#include LAB_FILE

bool lab_frame_is_free(struct page_allocator *allocator, uint64_t index);
void lab_block_free(struct page_allocator *allocator, uint64_t index, unsigned order);
struct page *lab_block_split(struct page_allocator *allocator, unsigned order);

bool lab_frame_is_free(struct page_allocator *allocator, uint64_t index)
{
    return frame_is_free(allocator, index);
}

void lab_block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    block_free(allocator, index, order);
}

struct page *lab_block_split(struct page_allocator *allocator, unsigned order)
{
    return block_split(allocator, order);
}
