/*
 * Taking pages of memory out to swap. Chapter "Page Replacement".
 *
 * For one page, under its lock: give it a slot; replace every entry that maps it by the slot, and
 * fence; then write it, unless the slot has its content already; then drop it. A store after the
 * fence faults, finds the page by its slot, and copies it where it is still being written.
 *
 *     mapped --slot--> DIRTY --unmap, fence--> WRITEBACK --written--> dropped: nobody refers to it
 *
 * Where a mapping could not be found (a fork just made it, or it is locked) the page stays for that
 * mapping, and is written all the same: those entries that have the slot now count on it.
 */
#include "vm/replacement/page_out.h"

#include "abi/errno.h"
#include "mem/vm_stat.h"
#include "sync/race.h"
#include "thread/page_lock.h"
#include "vm/cache/object.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/rmap.h"
#include "vm/swapping/swap_io.h"

enum outcome {
    STAYS,
    FREED,   /* with the caller's reference */
    TO_WRITE /* PAGE_WRITEBACK, and the caller's reference goes to write_to_swap */
};

/*
 * Gives the page a slot. One that could not be written gets another slot, unless an entry has the
 * slot that failed: then the page has to stay in memory. Locks: the page's.
 */
static int slot_prepare(struct page *page, uint32_t stamp)
{
    if (page->slot && page_test(page, PAGE_DIRTY) && page_test(page, PAGE_KEPT)) {
        if (page_test(page, PAGE_WRITEBACK) || swap_slot_uses(page_swap_slot(page)) != 0)
            return -EIO;
        swap_cache_remove(page, 0);
    }
    if (!page->slot)
        return swap_slot_alloc(page, stamp);
    swap_slot_set_stamp(page_swap_slot(page), stamp);
    return 0;
}

/* Locks: the page's, of which some entries may show the slot now. What is left to be done? */
static enum outcome after_unmap(struct page *page)
{
    bool dirty = page_test(page, PAGE_DIRTY);

    if (swap_slot_uses(page_swap_slot(page)) == 0) { /* no entry was replaced after all */
        if (dirty && !page_test(page, PAGE_WRITEBACK | PAGE_KEPT))
            swap_cache_remove(page, 0);
        return STAYS;
    }
    if (!dirty) {
        update_vm_stats(VM_STAT_EVICT_CLEAN, 1);
        return page_maps(page) == 0 ? FREED : STAYS;
    }
    update_vm_stats(VM_STAT_EVICT_DIRTY, 1);
    if (page_set(page, PAGE_WRITEBACK))
        return STAYS;
    lockorder_note(RANK_SWAP_WRITE, page, "a page to swap");
    return TO_WRITE;
}

/* Locks: the page's, which is given up, as is the reference. */
static inline void let_go(struct page *page, enum outcome outcome, struct swap_batch *batch)
{
    page_unlock(page);
    if (outcome == TO_WRITE)
        swap_batch_add(batch, page);
    else
        page_put(page);
}

int page_out_one(struct mm_struct *mm, uint64_t va, struct page *page, uint32_t stamp,
                 struct swap_batch *batch)
{
    enum outcome outcome = STAYS;
    int error;

    if (batch->count == 0) {
        page_lock(page);
    } else if (!page_trylock(page)) {
        page_put(page);
        return -EAGAIN;
    }
    error = slot_prepare(page, stamp);
    if (!error) {
        error = rmap_unmap_one(page, mm, va) ? 0 : -EAGAIN;
        outcome = after_unmap(page);
    }
    let_go(page, outcome, batch);
    return error == -ENOSPC ? -ENOMEM : error ? -EAGAIN : 0;
}

/* Locks: the page's, which is off its list. */
static enum outcome evict_page(struct page *page, uint32_t stamp)
{
    bool is_private = page_test(page, PAGE_PRIVATE);
    bool is_owned = !is_private || page_test(page, PAGE_KEPT); /* by object, or swap cache */

    if ((page_maps(page) == 0 && is_private) || page_refs(page) != page_maps(page) + is_owned + 1)
        return STAYS; /* its last mapping has just gone, or another thread works on it */
    race_window();
    if (slot_prepare(page, stamp) != 0)
        return STAYS; /* all of swap is in use, or fails */
    if (is_private)
        rmap_unmap(page, false);
    else
        page->owner->ops->swap_out(page->owner, page);
    return after_unmap(page);
}

/*
 * Locks: the page's. Asks the policy, and lets the page go where that says so and it can. force:
 * the policy learns that it was not used.
 */
static enum outcome consider_page(struct page *page, bool force)
{
    enum outcome outcome;
    bool may_be_mapped = page_test(page, PAGE_PRIVATE) || page->owner;
    uint32_t stamp;

    if (swap_drop_kept(page))
        return FREED;
    if (!judge_lru_page(&anon_lru, page, may_be_mapped && rmap_accessed(page), force, &stamp))
        return STAYS;
    outcome = may_be_mapped ? evict_page(page, stamp) : STAYS;
    if (outcome == STAYS || page_maps(page) != 0)
        add_to_lru(&anon_lru, page, 0); /* which ends with its last reference, if that was it */
    return outcome;
}

uint64_t page_out(uint64_t wanted, uint64_t looks, bool force)
{
    struct swap_batch batch;
    uint64_t freed = 0;
    struct page *page;

    batch.count = 0;
    while (freed < wanted && (page = get_lru_page(&anon_lru, &looks)) != NULL) {
        enum outcome outcome = consider_page(page, force);

        freed += outcome != STAYS && page_maps(page) == 0;
        let_go(page, outcome, &batch);
    }
    swap_batch_write(&batch);
    return freed;
}
