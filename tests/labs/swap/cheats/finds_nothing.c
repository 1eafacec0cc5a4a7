/* No number is good: so none that is out of range is taken for one. */
struct page *swap_find_page(swp_entry_t slot)
{
    (void)slot;
    return NULL;
}

int swap_cache_add(swp_entry_t slot, struct page *page)
{
    (void)slot, (void)page;
    return -EAGAIN;
}
