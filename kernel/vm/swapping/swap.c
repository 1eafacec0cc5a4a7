/*
 * The map of slots and the swap cache. See swap.h; the transfers are in swap_io.c.
 *
 * A slot is free where it has no uses, no page and is not retired.
 *
 * guards: s = swap.lock; c = constant while swap is on
 */
#include "vm/swapping/swap.h"

#include "abi/errno.h"
#include "sync/printf.h"
#include "thread/page_lock.h"
#include "vm/mapping/commit.h"
#include "vm/swapping/swap_io.h"

#define LOOKS 256u /* at slots, before others may have the lock */
#define MESSAGES 8u /* about retired slots; from then on one when their number has doubled */

struct swap_info swap;

void swap_init(void)
{
    spin_init(&swap.lock, "swap", RANK_SWAP);
    swap_io_init();
}

/* Locks: swap.lock. */
static bool slot_is_free(uint32_t slot)
{
    return swap.uses[slot] == 0 && swap.cached[slot] == 0;
}

/* Locks: what keeps the slot in use. Returns: its number. */
static uint32_t slot_in_use(swp_entry_t slot)
{
    san_assert(slot.number < swap.slots);
    san_assert((swap.uses[slot.number] & USES_MASK) != 0 || swap.cached[slot.number] != 0);
    return slot.number;
}

/* Locks: swap.lock. A page in memory has the slot, and nothing else does. */
static bool slot_is_idle(uint32_t slot)
{
    return (swap.uses[slot] & USES_MASK) == 0 && swap.cached[slot] != 0;
}

/* Locks: swap.lock. This frame has the slot's content, too. */
static void slot_give_page(uint32_t slot, uint32_t pfn)
{
    swap.cached[slot] = pfn;
    swap.with_page++;
    swap.idle += slot_is_idle(slot);
}

bool swap_is_on(void)
{
    return swap.device != NULL && !swap.is_closed;
}

uint32_t swap_slots(void)
{
    return swap.slots;
}

uint32_t swap_slots_with_page(void)
{
    return __atomic_load_n(&swap.with_page, __ATOMIC_RELAXED);
}

uint32_t swap_slots_used(void)
{
    return __atomic_load_n(&swap.used, __ATOMIC_RELAXED);
}

/* Locks: swap.lock. The next free slot, round the map: neighbours in time become neighbours. */
static bool slot_find(uint32_t *slot)
{
    bool has_room = !swap.is_closed && swap.used + swap.lost < swap.slots;

    for (uint32_t i = 0; has_room && i < swap.slots; i++) {
        uint32_t at = swap.next + i < swap.slots ? swap.next + i : swap.next + i - swap.slots;

        if (slot_is_free(at)) {
            swap.next = at + 1 < swap.slots ? at + 1 : 0;
            *slot = at;
            return true;
        }
    }
    return false;
}

/* Locks: swap.lock. A page that alone uses its slot, with a reference; or NULL. */
static struct page *lone_owner(void)
{
    for (uint32_t i = 0; swap.idle > 0 && i < swap.slots; i++) {
        uint32_t at = swap.next + i < swap.slots ? swap.next + i : swap.next + i - swap.slots;
        struct page *page;

        if (!slot_is_idle(at))
            continue;
        page = pfn_page((pfn_t){swap.cached[at]});
        if (page_try_get(page)) {
            swap.next = at;
            return page;
        }
    }
    return NULL;
}

/* All slots are taken: a page that is in memory can do without. False: there is none. */
static bool __attribute__((noinline)) slot_reclaim(void)
{
    struct page *page;
    bool freed = false;

    spin_lock(&swap.lock);
    page = lone_owner();
    spin_unlock(&swap.lock);
    if (!page)
        return false;
    if (page_trylock(page)) {
        if (page->slot && !page_test(page, PAGE_WRITEBACK)) {
            swap_cache_remove(page, 0);
            freed = true;
        }
        page_unlock(page);
    }
    page_put(page);
    return freed;
}

int swap_slot_alloc(struct page *page, uint32_t stamp)
{
    uint32_t slot;
    bool found;

    san_assert(page_test(page, PAGE_LOCKED) && page->slot == 0);
    do {
        spin_lock(&swap.lock);
        found = slot_find(&slot);
        if (found) {
            swap.stamp[slot] = stamp;
            swap.uses[slot] = page_clear_flag(page, PAGE_CHARGED) ? SLOT_CHARGED : 0;
            slot_give_page(slot, (uint32_t)page_pfn(page).number);
            swap.used++;
            page->slot = slot + 1;
        }
        spin_unlock(&swap.lock);
    } while (!found && slot_reclaim());
    if (!found)
        return -ENOSPC;
    page_set(page, PAGE_DIRTY);
    return 0;
}

void swap_slot_get(swp_entry_t slot)
{
    spin_lock(&swap.lock);
    swap.idle -= slot_is_idle(slot_in_use(slot));
    swap.uses[slot.number]++;
    spin_unlock(&swap.lock);
}

/* Locks: swap.lock. Frees a slot without users; true: a promise is to be given back. */
static inline bool slot_settle(uint32_t slot)
{
    uint16_t uses = swap.uses[slot];

    if ((uses & USES_MASK) != 0 || swap.cached[slot] != 0)
        return false;
    assert(swap.used > 0);
    swap.uses[slot] = uses & SLOT_RETIRED;
    swap.lost += (uses & SLOT_RETIRED) != 0;
    swap.used--;
    return uses & SLOT_CHARGED;
}

void swap_slot_put(swp_entry_t slot)
{
    bool charged;

    spin_lock(&swap.lock);
    assert((swap.uses[slot_in_use(slot)] & USES_MASK) != 0);
    swap.uses[slot.number]--;
    swap.idle += slot_is_idle(slot.number);
    charged = slot_settle(slot.number);
    spin_unlock(&swap.lock);
    if (charged)
        commit_release((struct commit){.pages = 1});
}

uint32_t swap_slot_uses(swp_entry_t slot)
{
    return __atomic_load_n(&swap.uses[slot_in_use(slot)], __ATOMIC_ACQUIRE) & USES_MASK;
}

uint32_t swap_slot_stamp(swp_entry_t slot)
{
    return swap.stamp[slot_in_use(slot)];
}

void swap_slot_set_stamp(swp_entry_t slot, uint32_t stamp)
{
    swap.stamp[slot_in_use(slot)] = stamp;
}

void swap_cache_remove(struct page *page, uint16_t uses)
{
    uint32_t slot = slot_in_use(page_swap_slot(page));
    bool charged;

    spin_lock(&swap.lock);
    swap.idle -= slot_is_idle(slot);
    swap.uses[slot] -= uses;
    if (page_refs(page) != 0 && (swap.uses[slot] & (USES_MASK | SLOT_CHARGED)) == SLOT_CHARGED) {
        page_set(page, PAGE_CHARGED); /* the promise goes with the page again */
        swap.uses[slot] &= (uint16_t)~SLOT_CHARGED;
    }
    swap.with_page--;
    swap.cached[slot] = 0;
    page->slot = 0;
    charged = slot_settle(slot);
    spin_unlock(&swap.lock);
    page_clear_flag(page, PAGE_DIRTY);
    if (charged)
        commit_release((struct commit){.pages = 1});
    if (page_clear_flag(page, PAGE_KEPT))
        page_put(page);
}

struct page *swap_find_page(swp_entry_t slot)
{
    struct page *page = NULL;

    spin_lock(&swap.lock);
    if (slot.number < swap.slots && swap.cached[slot.number] != 0) {
        page = pfn_page((pfn_t){swap.cached[slot.number]});
        if (!page_try_get(page))
            page = NULL;
    }
    spin_unlock(&swap.lock);
    return page;
}

int swap_add_page(swp_entry_t slot, struct page *page)
{
    int error = 0;

    spin_lock(&swap.lock);
    if (slot.number >= swap.slots || (swap.uses[slot.number] & USES_MASK) == 0 ||
        swap.cached[slot.number] != 0) {
        error = -EAGAIN;
    } else {
        slot_give_page(slot.number, (uint32_t)page_pfn(page).number);
        page->slot = slot.number + 1;
    }
    spin_unlock(&swap.lock);
    return error;
}

bool swap_slot_wants_page(uint32_t slot)
{
    return slot < swap.slots && swap.cached[slot] == 0 && (swap.uses[slot] & USES_MASK) != 0 &&
           !(swap.uses[slot] & SLOT_RETIRED);
}

void swap_slot_retire(swp_entry_t slot, const char *how)
{
    uint32_t retired;
    bool was;

    spin_lock(&swap.lock);
    was = (swap.uses[slot.number] & SLOT_RETIRED) != 0;
    swap.uses[slot.number] |= SLOT_RETIRED;
    retired = swap.retired += !was;
    spin_unlock(&swap.lock);
    if (was)
        return;
    commit_limit_change(-1);
    if (retired <= MESSAGES || (retired & (retired - 1)) == 0)
        printf("swap: slot %u could not be %s: %u cannot be used, %lu pages can be promised\n",
               slot.number, how, retired, (unsigned long)commit_limit());
}

/*
 * The page of the first slot from *slot on that has one, with a reference; *slot is the next one
 * then. NULL: there is none among the next LOOKS slots.
 */
static struct page *page_from(uint32_t *slot)
{
    struct page *page = NULL;
    uint32_t end;

    spin_lock(&swap.lock);
    end = *slot + LOOKS < swap.slots ? *slot + LOOKS : swap.slots;
    for (; *slot < end && !page; ++*slot)
        if (swap.cached[*slot] != 0 && page_try_get(pfn_page((pfn_t){swap.cached[*slot]})))
            page = pfn_page((pfn_t){swap.cached[*slot]});
    spin_unlock(&swap.lock);
    return page;
}

void swap_for_each_page(void (*use)(struct page *page))
{
    uint32_t slot = 0;

    while (slot < swap.slots && swap_slots_with_page() > 0) {
        struct page *page = page_from(&slot);

        if (!page)
            continue;
        page_wait_writeback(page);
        page_lock(page);
        if (page->slot == slot && !page_test(page, PAGE_WRITEBACK)) /* counted from 1 */
            use(page);
        page_unlock(page);
        page_put(page);
    }
}

static void drop_kept(struct page *page)
{
    swap_drop_kept(page);
}

void swap_drop_all_kept(void)
{
    swap_for_each_page(drop_kept);
}
