/*
 * The block that is given keeps the order of the one that it came from.
 * fails: splitting
 */
static struct page *block_split(struct page_allocator *allocator, unsigned order)
{
    struct page *page = NULL;
    unsigned found = order;

    spin_assert_held(&allocator->lock);
    while (found <= MAX_ORDER && list_empty(&allocator->free_list[found]))
        found++;
    if (found > MAX_ORDER)
        return NULL;
    page = container_of(allocator->free_list[found].next, struct page, lru.link);
    block_take(allocator, page, found);
    while (found > order) {
        found--;
        block_push(allocator, page + (1ul << found), found);
    }
    page->counts = PAGE_REF;
    allocator->free_frames -= 1ul << order;
    return page;
}
