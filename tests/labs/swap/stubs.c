/*
 * The starting version of the lab's functions: the files in kernel/vm/swapping have these bodies in
 * a hand-out. The signatures are those of the reference. No compiler reads this file itself.
 */

static inline void slot_settle(uint32_t slot)
{
    (void)slot;
    not_written("slot_settle");
}

static uint32_t slot_find(void)
{
    not_written("slot_find");
}

static bool __attribute__((noinline)) slot_reclaim(void)
{
    not_written("slot_reclaim");
}

int swap_slot_alloc(struct page *page, uint32_t stamp)
{
    (void)page;
    (void)stamp;
    (void)slot_find; /* these are above, and not used yet */
    (void)slot_reclaim;
    (void)slot_give_page;
    not_written("swap_slot_alloc");
}

void swap_slot_get(swp_entry_t slot)
{
    (void)slot;
    not_written("swap_slot_get");
}

void swap_slot_put(swp_entry_t slot)
{
    (void)slot;
    (void)slot_settle; /* it is above, and not used yet */
    not_written("swap_slot_put");
}

void swap_cache_remove(struct page *page, uint16_t uses)
{
    (void)page;
    (void)uses;
    (void)slot_take_page; /* it is above, and not used yet */
    not_written("swap_cache_remove");
}

struct page *swap_find_page(swp_entry_t slot)
{
    (void)slot;
    not_written("swap_find_page");
}

int swap_cache_add(swp_entry_t slot, struct page *page)
{
    (void)slot;
    (void)page;
    not_written("swap_cache_add");
}

int read_from_swap(swp_entry_t slot, enum read_advice advice, struct page **out)
{
    (void)slot;
    (void)advice;
    (void)out;
    (void)page_for_slot; /* these are above, and not used yet */
    (void)page_for_neighbour;
    (void)pages_arrived;
    (void)page_discard;
    not_written("read_from_swap");
}
