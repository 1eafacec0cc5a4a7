/*
 * The upper half is given, and the lower one becomes free.
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
        block_push(allocator, page, found);
        page += 1ul << found;
    }
    page->order = (uint8_t)order;
    page->counts = PAGE_REF;
    allocator->free_frames -= 1ul << order;
    return page;
}
