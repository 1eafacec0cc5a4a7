/*
 * Taking pages and page tables out of a space. Chapter "Memory Mapping".
 *
 * What always holds: a frame, of a page or of a table, leaves the space only after a fence; a table
 * that no area needs any more is freed.
 */
#include "vm/mapping/unmap.h"

#include "mmu/tlb.h"
#include "sync/printf.h"
#include "sync/trace.h"
#include "vm/faults/anon.h"
#include "vm/swapping/swap.h"

/*
 * Empties an entry that is a swap slot.
 * Locks: the page table's.
 */
static void __attribute__((noinline)) swap_entry_drop(struct mm_struct *mm, pte_t *ptep)
{
    swp_entry_t entry = pte_swap_slot(pte_load(ptep));

    san_assert(pte_kind(pte_load(ptep)) == PTE_SWAP);
    pte_set(ptep, 0);
    swap_slot_put(entry);
    __atomic_fetch_sub(&mm->swapped, 1, __ATOMIC_RELAXED);
}

/*
 * Empties the entries from *va on, which moves along, until end, the table's end, or a full batch.
 * *unmapped counts those that mapped a page.
 * Locks: the page table's.
 */
static void unmap_entries(struct mm_struct *mm, struct tlb_batch *batch, pte_t *ptep, uint64_t *va,
                          uint64_t end, uint64_t *unmapped)
{
    uint64_t full = *va + (TLB_BATCH_PAGES - batch->count) * PAGE_SIZE;
    uint64_t stop = leaf_table_end(*va, end < full ? end : full);
    struct page **next = &batch->page[batch->count];
    const struct page_rules *rules = mm->rules;
    pfn_t zero = zero_pfn;
    uint64_t at = *va;

    for (; at < stop; at += PAGE_SIZE, ptep++) {
        pte_t entry = pte_load(ptep);

        if (pte_has_frame(entry)) {
            pfn_t pfn = pte_pfn(pte_swap(batch->table, at, ptep, 0));

            if (pfn.number != zero.number)
                *next++ = pfn_page(pfn);
            else
                (*unmapped)++;
            if (rules)
                rules->went(mm, at);
        } else if (__builtin_expect(entry != 0, 0)) {
            swap_entry_drop(mm, ptep);
        }
    }
    *unmapped += (uint64_t)(next - &batch->page[batch->count]);
    batch->count = (uint32_t)(next - batch->page);
    tlb_batch_note(batch, *va, at);
    trace_of(mm->pid, TRACE_UNMAP, *va, (at - *va) / PAGE_SIZE, 0);
    *va = at;
}

void unmap_page_range(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct page_table *table = &mm->page_table;
    uint64_t va = start, unmapped = 0;
    pte_t *ptep;

    do {
        struct tlb_batch batch;

        ptep = NULL;
        tlb_batch_begin(&batch, table);
        spin_lock(&table->lock);
        while (batch.count < TLB_BATCH_PAGES && (ptep = pte_next(table, &va, end)) != NULL)
            unmap_entries(mm, &batch, ptep, &va, end, &unmapped);
        spin_unlock(&table->lock);
        tlb_batch_finish(&batch);
    } while (ptep);
    __atomic_fetch_sub(&mm->resident, unmapped, __ATOMIC_RELAXED);
}

/*
 * Frees tables that were unlinked.
 * Locks: mm->lock for writing.
 */
static void tables_put(struct mm_struct *mm, struct list_head *removed)
{
    struct page *page;

    if (list_empty(removed))
        return;
    flush_tlb_range(&mm->page_table, 0, UINT64_MAX);
    list_for_each_element_safe(page, removed, lru.link)
        page_put(page);
}

void tables_remove(struct mm_struct *mm, const struct vma_range *range)
{
    uint64_t floor = vma_floor(range->below), ceiling = vma_ceiling(range->above);
    struct page_table *table = &mm->page_table;
    struct list_head removed;

    if (tables_needed(table->levels, range->start, range->end, floor, ceiling) == 0)
        return;
    list_init(&removed);
    spin_lock(&table->lock);
    page_table_prune(table, range->start, range->end, floor, ceiling, &removed);
    spin_unlock(&table->lock);
    tables_put(mm, &removed);
}

void tables_trim(struct mm_struct *mm)
{
    struct list_head removed;

    list_init(&removed);
    rwlock_write_acquire(&mm->lock);
    spin_lock(&mm->page_table.lock);
    if (__atomic_load_n(&mm->is_ready, __ATOMIC_ACQUIRE))
        page_table_drop_empty(&mm->page_table, &removed);
    spin_unlock(&mm->page_table.lock);
    tables_put(mm, &removed);
    rwlock_write_release(&mm->lock);
}
