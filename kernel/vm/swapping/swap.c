/*
 * The map of slots, and the swap cache. See vm/swapping/swap.h; transfers are in swap_io.c.
 *
 * Uses and page of a slot change only here. slot_settle() alone decides what follows from them:
 * whether the slot is free or idle, and what becomes of its charge.
 */
#include "vm/swapping/swap.h"

#include "abi/errno.h"
#include "sync/printf.h"
#include "thread/page_lock.h"
#include "vm/mapping/commit.h"

#define LOOKS 256u /* at slots, before others may have the lock */
#define MESSAGES 8u /* about retired slots; from then on one when their number has doubled */

struct swap_info swap = {.lock = SPINLOCK("swap", RANK_SWAP)};

bool swap_is_on(void)
{
    return swap.device && !swap.is_closed;
}

static bool has_uses(uint32_t slot)
{
    return (swap.uses[slot] & USES_MASK) != 0;
}

/* Is it cached or idle? The map may be of a larger disk: beyond swap.slots nobody looks at it. */
static bool has_page(uint32_t slot)
{
    san_assert(slot < swap.slots);
    return swap.cached[slot] != 0;
}

/* Locks: what keeps the slot. Returns: its number. */
static uint32_t slot_in_use(swp_entry_t slot)
{
    san_assert(has_page(slot.number) || has_uses(slot.number));
    return slot.number;
}

/* The slot's page, with a reference; NULL: none, or it is being freed. Locks: swap.lock. */
static struct page *slot_page(uint32_t slot)
{
    struct page *page = has_page(slot) ? pfn_page((pfn_t){swap.cached[slot]}) : NULL;

    return page && page_try_get(page) ? page : NULL;
}

/* Locks: swap.lock, and the page's. The page has the slot from now on. */
static void slot_give_page(uint32_t slot, struct page *page)
{
    swap.cached[slot] = (uint32_t)page_pfn(page).number;
    swap.with_page++;
    page->slot = slot + 1;
}

/* Locks: swap.lock, and the page's, or its last reference is gone. Page and slot part. */
static void slot_take_page(uint32_t slot, struct page *page)
{
    swap.cached[slot] = 0;
    swap.with_page--;
    page->slot = 0;
}

/*
 * The slot has lost a use, or its page. If it has none of them now it is free, or lost, and a
 * charge that it carries ends. If it has only a page it is idle.
 * Locks: swap.lock.
 */
static inline void slot_settle(uint32_t slot)
{
    uint16_t flags = swap.uses[slot];

    if (has_uses(slot))
        return;
    if (has_page(slot)) {
        bitset_add(&swap.idle, slot);
        return;
    }
    assert(swap.used > 0);
    swap.used--;
    swap.uses[slot] = flags & SLOT_RETIRED;
    if (!(flags & SLOT_RETIRED))
        bitset_add(&swap.free, slot);
    if (flags & SLOT_CHARGED)
        commit_release((struct commit){.pages = 1});
}

/*
 * Takes the first free slot from swap.next on; after the last slot of the disk comes the first.
 * Locks: swap.lock.
 * Returns: its number; BITSET_NONE: no slot is free, or swap is closed, or off.
 */
static uint32_t slot_find(void)
{
    uint32_t slot;

    if (swap.is_closed || swap.used == swap.slots ||
        (slot = bitset_next(&swap.free, swap.next)) == BITSET_NONE)
        return BITSET_NONE;
    bitset_remove(&swap.free, slot);
    swap.next = slot + 1;
    swap.used++;
    return slot;
}

/*
 * The page of an idle slot. A slot of the set that is found to be no longer idle leaves the set: so
 * it is looked at in vain only once for each time that it was idle.
 * Locks: swap.lock.
 * Returns: the page, with a reference; NULL: there is none.
 */
static struct page *lone_owner(void)
{
    struct page *page;
    uint32_t slot;

    while (swap.with_page > 0 && (slot = bitset_next(&swap.idle, swap.next)) != BITSET_NONE) {
        swap.next = slot + 1;
        if (!has_uses(slot) && (page = slot_page(slot)) != NULL)
            return page;
        bitset_remove(&swap.idle, slot);
    }
    return NULL;
}

/*
 * Takes an idle slot from its page, which stays in memory without one.
 * Locks: swap.lock is not held. Never sleeps: the page's lock is only tried.
 * Returns: false: there is none, or the page that was found is locked, or is being written.
 */
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
        freed = page->slot && !page_test(page, PAGE_WRITEBACK);
        if (freed)
            swap_cache_remove(page, 0);
        page_unlock(page);
    }
    page_put(page);
    return freed;
}

int swap_slot_alloc(struct page *page, uint32_t stamp)
{
    uint32_t slot;

    san_assert(page_test(page, PAGE_LOCKED) && page->slot == 0);
    spin_lock(&swap.lock);
    while ((slot = slot_find()) == BITSET_NONE) {
        spin_unlock(&swap.lock);
        if (!slot_reclaim())
            return -ENOSPC;
        spin_lock(&swap.lock);
    }
    swap.stamp[slot] = stamp;
    swap.uses[slot] = page_clear_flag(page, PAGE_CHARGED) ? SLOT_CHARGED : 0;
    slot_give_page(slot, page);
    spin_unlock(&swap.lock);
    page_set(page, PAGE_DIRTY);
    return 0;
}

void swap_slot_get(swp_entry_t slot)
{
    spin_lock(&swap.lock);
    swap.uses[slot_in_use(slot)]++;
    spin_unlock(&swap.lock);
}

void swap_slot_put(swp_entry_t slot)
{
    spin_lock(&swap.lock);
    assert(has_uses(slot_in_use(slot)));
    swap.uses[slot.number]--;
    slot_settle(slot.number);
    spin_unlock(&swap.lock);
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

    spin_lock(&swap.lock);
    swap.uses[slot] -= uses;
    slot_take_page(slot, page);
    if ((swap.uses[slot] & SLOT_CHARGED) && !has_uses(slot) && page_refs(page) != 0) {
        page_set(page, PAGE_CHARGED); /* the charge goes with the page again */
        swap.uses[slot] &= (uint16_t)~SLOT_CHARGED;
    }
    slot_settle(slot);
    spin_unlock(&swap.lock);
    page_clear_flag(page, PAGE_DIRTY);
    if (page_clear_flag(page, PAGE_KEPT))
        page_put(page);
}

struct page *swap_find_page(swp_entry_t slot)
{
    struct page *page;

    spin_lock(&swap.lock);
    page = slot.number < swap.slots ? slot_page(slot.number) : NULL;
    spin_unlock(&swap.lock);
    return page;
}

int swap_cache_add(swp_entry_t slot, struct page *page)
{
    int error = 0;

    spin_lock(&swap.lock);
    if (slot.number >= swap.slots || has_page(slot.number) || !has_uses(slot.number))
        error = -EAGAIN;
    else
        slot_give_page(slot.number, page);
    spin_unlock(&swap.lock);
    return error;
}

bool swap_slot_wants_page(uint32_t slot)
{
    return slot < swap.slots && swap.cached[slot] == 0 && has_uses(slot) &&
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

    spin_lock(&swap.lock);
    for (uint32_t looks = 0; looks < LOOKS && *slot < swap.slots && !page; looks++, ++*slot)
        page = slot_page(*slot);
    spin_unlock(&swap.lock);
    return page;
}

void swap_for_each_page(void (*use)(struct page *page))
{
    uint32_t slot = 0;

    while (slot < swap.slots && swap.with_page > 0) {
        struct page *page = page_from(&slot);

        if (!page)
            continue;
        page_wait_writeback(page);
        page_lock(page);
        if (page->slot == slot && !page_test(page, PAGE_WRITEBACK)) /* counted from 1 */
            use(page);
        page_unlock_put(page);
    }
}

void swap_cache_claim(struct page *page)
{
    if (page_test(page, PAGE_DIRTY) || !page_clear_flag(page, PAGE_KEPT))
        return; /* what could not be written is kept until it has no slot */
    spin_lock(&swap.lock);
    read_ahead_used(&swap.ahead);
    spin_unlock(&swap.lock);
    page_put(page);
}

bool swap_drop_kept(struct page *page)
{
    if (page_maps(page) != 0 || !page_test(page, PAGE_KEPT))
        return false;
    if (page_test(page, PAGE_DIRTY) && swap_slot_uses(page_swap_slot(page)) != 0)
        return false; /* it could not be written: this is the only copy */
    swap_cache_remove(page, 0);
    return true;
}

static void drop_kept(struct page *page)
{
    swap_drop_kept(page);
}

void swap_drop_all_kept(void)
{
    swap_for_each_page(drop_kept);
}
