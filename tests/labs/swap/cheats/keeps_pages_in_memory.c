/* Keeps what goes out in memory, and gives it back from there: the disk has nothing. */
static struct page *cheat_page[1 << 16];

int swap_slot_alloc(struct page *page, uint32_t stamp)
{
    static uint32_t next;

    (void)stamp, (void)slot_find, (void)slot_reclaim;
    page_get(page);
    cheat_page[next % (1 << 16)] = page;
    slot_give_page(next % swap.slots, page);
    next++;
    return 0;
}

struct page *swap_find_page(swp_entry_t slot)
{
    page_get(cheat_page[slot.number]);
    return cheat_page[slot.number];
}
