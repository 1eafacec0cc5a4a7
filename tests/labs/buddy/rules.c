/*
 * The lab's functions under each rule.
 *
 * rule upper_half: a block that is split gives its upper half, and of that the upper half, and so
 *      on. The lower halves become free.
 * rule oldest_first: of several free blocks of one order, the last in the list is given.
 * rule freed_goes_last: the block that a free makes, with all that it has merged with, is the last
 *      in its list.
 */

static void block_free(struct page_allocator *allocator, uint64_t index, unsigned order)
{
    allocator->table[index].counts = 0;
    allocator->free_frames += 1ul << order;
    while (order < MAX_ORDER) {
        uint64_t buddy = index ^ (1ul << order);
        struct page *other = &allocator->table[buddy];

        if (buddy >= allocator->count || !(other->flags & PAGE_BUDDY) || other->order != order)
            break;
        block_take(allocator, other, order);
        index &= ~(1ul << order);
        order++;
    }
    block_push(allocator, &allocator->table[index], order);
    if (freed_goes_last) {
        list_del(&allocator->table[index].lru.link);
        list_add_tail(&allocator->table[index].lru.link, &allocator->free_list[order]);
    }
}

static struct page *block_split(struct page_allocator *allocator, unsigned order)
{
    struct list_head *list = NULL;
    struct page *page = NULL;
    unsigned found = order;

    spin_assert_held(&allocator->lock);
    while (found <= MAX_ORDER && list_empty(&allocator->free_list[found]))
        found++;
    if (found > MAX_ORDER)
        return NULL;
    list = &allocator->free_list[found];
    page = container_of(oldest_first ? list->prev : list->next, struct page, lru.link);
    block_take(allocator, page, found);
    while (found > order) {
        found--;
        if (upper_half) {
            block_push(allocator, page, found);
            page += 1ul << found;
        } else {
            block_push(allocator, page + (1ul << found), found);
        }
    }
    page->flags = 0;
    page->order = (uint8_t)order;
    page->counts = PAGE_REF;
    allocator->free_frames -= 1ul << order;
    return page;
}
