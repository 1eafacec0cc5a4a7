/*
 * Anonymous memory: zero-fill, the zero page, copy-on-write. Chapter "Page Fault Handling".
 *
 * What always holds: a private page is writable in at most one page table, and only while its map
 * count is 1. The frame behind an address changes only here; then every hart that may cache the
 * address is fenced before the fault returns, and before the old frame is freed.
 */
#include "vm/faults/anon.h"

#include "lib/string.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "mmu/tlb.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "vm/faults/fault_wait.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"
#include "vm/swapping/swap.h"

struct page *zero_page;
pfn_t zero_pfn;

/* The hook of mem/: a frame with a charge of its own is free. Its charge ends. */
static void uncharge_frame(const struct page *page)
{
    bool is_table = page->class == FRAME_PAGE_TABLE;

    commit_release((struct commit){.pages = !is_table, .unswappable = is_table});
}

void anon_init(void)
{
    zero_page = frame_alloc(FRAME_KERNEL, FRAME_ZEROED);
    assert(zero_page);
    zero_pfn = page_pfn(zero_page);
    frame_uncharge_hook = uncharge_frame;
}

struct page *anon_page_alloc(struct vm_fault *fault, unsigned frame_flags, enum fault_result *why)
{
    const struct page_rules *rules = fault->mm->rules;
    struct page *page = frame_alloc(FRAME_ANON, frame_flags);

    *why = FAULT_WANT_FRAME;
    if (!page)
        return NULL;
    page->flags = PAGE_PRIVATE;
    page->counts = PAGE_MAPPED_REF;
    family_tag_page(fault->mm, page, fault->va);
    if (rules && !rules->charge(fault, page)) {
        page_put_many(page, PAGE_MAPPED_REF);
        *why = FAULT_WANT_RULES;
        return NULL;
    }
    return page;
}

enum fault_result anon_zero_read(struct vm_fault *fault)
{
    pte_t entry = pte_make_user(zero_pfn, fault->vma->access & ~(uint64_t)ACCESS_WRITE);

    return fault_bring(fault, NULL, entry, VM_STAT_FAULT_ZERO_READ);
}

enum fault_result anon_zero_write(struct vm_fault *fault)
{
    enum fault_result why;
    struct page *page = anon_page_alloc(fault, FRAME_ZEROED, &why);

    return page ? anon_bring(fault, page, VM_STAT_FAULT_ZERO) : why;
}

/* Is there no entry that needs the page's slot, and no write to it? Locks: the page's. */
static bool slot_can_go(const struct page *page)
{
    return page->slot == 0 || (swap_slot_uses(page_swap_slot(page)) == 0 &&
                               !page_test(page, PAGE_WRITEBACK));
}

/*
 * Makes the entry writable, without a copy, if this is the page's only mapping and no swap slot
 * keeps a copy for another space. The entry is still fault->old.
 * Locks: the page table's; and the page's, so that no new mapping is made from a slot meanwhile.
 */
static bool cow_reuse(struct vm_fault *fault, struct page *page)
{
    if (page_maps(page) != 1 || !slot_can_go(page))
        return false;
    if (page->slot)
        swap_cache_remove(page, 0);
    pte_write_allow(fault->ptep);
    return true;
}

/*
 * The copy; old has a reference of ours, so nobody reuses its frame while it is read. Locks: a
 * private page's, until the copy is mapped. Without it, another thread could take the page over,
 * store into it, and have it go to swap and come back: the entry would be what it was, and the copy
 * without that store. A page of a file is stored into by others at any time: which of their stores
 * a copy has is open.
 */
static enum fault_result cow_copy(struct vm_fault *fault, struct page *old)
{
    enum fault_result why;
    struct page *page = anon_page_alloc(fault, 0, &why);

    if (!page)
        return why;
    page_copy(page_va(page), page_va(old));
    race_window();
    san_assert(page_test(old, PAGE_LOCKED) || !page_test(old, PAGE_PRIVATE));
    return anon_bring(fault, page, VM_STAT_FAULT_COW_COPY);
}

enum fault_result anon_copy_on_write(struct vm_fault *fault)
{
    struct page_table *table = &fault->mm->page_table;
    struct page *page = pfn_page(pte_pfn(fault->old));
    bool is_private, is_locked, is_reused;

    spin_lock(&table->lock);
    if (pte_load(fault->ptep) != fault->old) {
        spin_unlock(&table->lock);
        return FAULT_RETRY;
    }
    is_private = page_test(page, PAGE_PRIVATE);
    is_locked = is_private && page_trylock(page);
    is_reused = is_locked && cow_reuse(fault, page);
    if (is_reused)
        page_unlock(page); /* before the entry can go, and with it the page */
    else
        page_get(page);
    spin_unlock(&table->lock);
    if (is_reused) {
        flush_tlb_own_entry(fault->va);
        mm_count(fault->mm, VM_STAT_FAULT_COW_REUSE);
        return FAULT_OK;
    }
    if (is_private && !is_locked) {
        fault_keep(fault, page);
        return FAULT_WANT_LOCK;
    }
    fault_hold(fault, page, is_private);
    return cow_copy(fault, page);
}

/*
 * Says how the page, which has the content of slot, is to be mapped. For a store it is mapped
 * writable, if no other entry and no other space has the page or the slot. Otherwise it is mapped
 * read-only and keeps its slot, so that it can be evicted again without a write. Locks: the page's.
 */
static enum fault_result bring_swapped(struct vm_fault *fault, struct page *page, swp_entry_t slot)
{
    bool takes_over = fault->access == ACCESS_WRITE && page_maps(page) == 0 &&
                      swap_slot_uses(slot) == 1 && !page_test(page, PAGE_WRITEBACK);
    uint64_t access = fault->vma->access;

    race_window();
    if (!takes_over)
        access &= ~(uint64_t)ACCESS_WRITE;
    page_set(page, PAGE_PRIVATE);
    family_tag_page(fault->mm, page, fault->va);
    fault->stamp = swap_slot_stamp(slot);
    __atomic_fetch_add(&page->counts, PAGE_MAPPED_REF, __ATOMIC_ACQ_REL);
    return fault_bring(fault, page, access ? pte_make_user(page_pfn(page), access)
                                           : pte_make_none(page_pfn(page)), VM_STAT_FAULT_SWAP);
}

void anon_swapped_in(struct vm_fault *fault)
{
    swap_cache_claim(fault->brought);
    if (pte_allows(fault->entry, ACCESS_WRITE))
        swap_cache_remove(fault->brought, 1);
    else
        swap_slot_put(pte_swap_slot(fault->old));
    __atomic_fetch_sub(&fault->mm->swapped, 1, __ATOMIC_RELAXED);
    trace(TRACE_REFAULT, fault->va, page_pfn(fault->brought).number, fault->stamp);
    mm_count(fault->mm, VM_STAT_REFAULT);
}

enum fault_result anon_swap_in(struct vm_fault *fault)
{
    swp_entry_t slot = pte_swap_slot(fault->old);
    struct page *page;

    race_window();
    page = swap_find_page(slot);
    if (!page) {
        fault->advice = fault_advice(fault);
        return FAULT_WANT_SWAP;
    }
    if (!page_trylock(page)) {
        fault_keep(fault, page);
        return FAULT_WANT_LOCK;
    }
    fault_hold(fault, page, true);
    return page->slot == slot.number + 1 ? bring_swapped(fault, page, slot) : FAULT_RETRY;
}
