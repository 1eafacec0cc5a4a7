/*
 * mprotect. Chapter "Memory Mapping".
 *
 * What always holds: when the call returns, no hart uses a permission that was taken away. Entries
 * lose it by an atomic swap, and the range is fenced.
 *
 * New permissions come at once to entries of pages that only this space maps, so the accesses that
 * follow do not fault. Others get them by a fault. Private areas that become writable are charged,
 * and stay so.
 */
#include "vm/mapping/mprotect.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "mmu/tlb.h"
#include "sync/trace.h"
#include "thread/thread.h"
#include "vm/faults/anon.h"
#include "vm/mapping/area.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/mmap.h"

/*
 * May the page become writable without a fault? Only if it is private, has no swap slot, and is
 * mapped by this space alone.
 * Locks: the page table's.
 */
static inline bool page_is_own(const struct page *page)
{
    return page_test(page, PAGE_PRIVATE) && page_maps(page) == 1 && page->slot == 0;
}

/*
 * What the entry of page becomes in an area that allows access.
 * Locks: the page table's.
 */
static pte_t entry_for(pte_t entry, struct page *page, uint64_t access, bool locked)
{
    if (access == 0)
        return pte_wired(pte_make_none(page_pfn(page)), locked);
    if (!page_is_own(page))
        access &= ~(uint64_t)ACCESS_WRITE;
    return pte_wired(pte_make_user(page_pfn(page), access) | pte_marks(entry), locked);
}

/*
 * Changes the entries from *va on, which moves along, until stop or a full batch. If access is 0,
 * entries of private pages keep their frame (PTE_NONE); others become empty, and are counted.
 * Locks: the page table's, mm->lock for writing.
 */
static void __attribute__((noinline)) entries_protect(struct tlb_batch *batch, pte_t *ptep,
                                                      uint64_t *va, uint64_t stop, uint64_t access,
                                                      bool locked, uint64_t *unmapped)
{
    for (; *va < stop && batch->count < TLB_BATCH_PAGES; *va += PAGE_SIZE, ptep++) {
        pte_t entry = pte_load(ptep);
        struct page *page;

        if (!pte_has_frame(entry))
            continue;
        page = pfn_page(pte_pfn(entry));
        tlb_batch_note(batch, *va, *va + PAGE_SIZE);
        if (access == 0 && !page_test(page, PAGE_PRIVATE)) {
            pte_swap(batch->table, *va, ptep, 0);
            (*unmapped)++;
            trace_of(container_of(batch->table, struct mm_struct, page_table)->pid, TRACE_UNMAP,
                     *va, 1, 0);
            if (page != zero_page)
                batch->page[batch->count++] = page;
        } else {
            entry = entry_for(entry, page, access, locked);
            tlb_check_code(batch->table, *va, entry);
            pte_swap(batch->table, *va, ptep, entry);
        }
    }
}

/*
 * The same where only the write permission goes or comes, which is the common case.
 * Locks: the page table's, mm->lock for writing.
 */
static void entries_change_write(struct tlb_batch *batch, pte_t *ptep, uint64_t *va, uint64_t stop,
                                 bool comes)
{
    uint64_t count = (stop - *va) >> PAGE_SHIFT;

    for (uint64_t i = 0; i < count && !comes; i++)
        if (pte_allows(pte_load(&ptep[i]), ACCESS_WRITE))
            pte_write_protect(batch->table, *va + i * PAGE_SIZE, &ptep[i]);
    for (uint64_t i = 0; i < count && comes; i++) {
        pte_t entry = pte_load(&ptep[i]);

        if (pte_allows(entry, ACCESS_READ) && page_is_own(pfn_page(pte_pfn(entry))))
            pte_write_allow(&ptep[i]);
    }
    tlb_batch_note(batch, *va, stop);
    *va = stop;
}

/*
 * Changes all entries of the area, which allowed old till now. Not inlined: its batch would take
 * room on the stack while splits and merges sleep.
 * Locks: mm->lock for writing.
 */
static void __attribute__((noinline)) area_protect_pages(struct mm_struct *mm,
                                                         struct vm_area_struct *vma, uint64_t old)
{
    bool only_write = (old ^ vma->access) == ACCESS_WRITE && (old & vma->access);
    struct page_table *table = &mm->page_table;
    uint64_t va = vma->start, unmapped = 0;
    pte_t *ptep;

    if (vma->access & ~old & ACCESS_EXEC)
        flush_instructions(table);
    do {
        struct tlb_batch batch;

        ptep = NULL;
        tlb_batch_begin(&batch, table);
        spin_lock(&table->lock);
        while (batch.count < TLB_BATCH_PAGES &&
               (ptep = pte_next(table, &va, vma->end)) != NULL) {
            uint64_t stop = leaf_table_end(va, vma->end);

            if (only_write)
                entries_change_write(&batch, ptep, &va, stop, vma->access & ACCESS_WRITE);
            else
                entries_protect(&batch, ptep, &va, stop, vma->access, vma->flags & VMA_WIRED,
                                &unmapped);
        }
        spin_unlock(&table->lock);
        tlb_batch_finish(&batch);
    } while (ptep && !thread_is_interrupted()); /* no thread will see what is left */
    __atomic_fetch_sub(&mm->resident, unmapped, __ATOMIC_RELAXED);
}

/*
 * Charges the private areas of range, which are to become writable, for their pages.
 * A wired area has a frame charged for each page already, because of mlock. That becomes the area's
 * own charge, which mlock made unswappable: see charge_of_wiring(). What is charged stays the same.
 * Returns: 0, or -ENOMEM: no area has changed.
 * Locks: mm->lock for writing.
 */
static int areas_charge_new(struct mm_struct *mm, const struct vma_range *range)
{
    struct commit charge = {0, 0};
    struct vm_area_struct *vma;
    int error;

    for (vma = range->first; vma != range->above; vma = vma_next(vma))
        if (!(vma->flags & (VMA_SHARED | VMA_CHARGED | VMA_UNRESERVED | VMA_WIRED)))
            charge.pages += (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);
    error = mm_charge(mm, charge);
    for (vma = range->first; !error && vma != range->above; vma = vma_next(vma)) {
        if (vma->flags & (VMA_SHARED | VMA_CHARGED))
            continue;
        if ((vma->flags & (VMA_WIRED | VMA_UNRESERVED)) == VMA_WIRED)
            mm->locked.pages -= (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);
        vma->flags |= VMA_CHARGED;
    }
    return error;
}

int mm_protect(struct mm_struct *mm, uint64_t start, uint64_t length, int prot)
{
    uint64_t access = access_of_prot(prot);
    struct vm_area_struct *vma;
    struct vma_range range;
    uint64_t end;
    int error = mm_range_end(start, length, &end);

    if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
        return -EINVAL;
    if (error || start == end)
        return error;
    rwlock_write_acquire(&mm->lock);
    error = areas_allow(mm, start, end, access);
    if (!error)
        error = areas_isolate(mm, start, end, &range);
    if (error)
        goto unlock; /* nothing is isolated */
    if (access & ACCESS_WRITE)
        error = areas_charge_new(mm, &range);
    for (vma = range.first; !error && vma != range.above; vma = vma_next(vma)) {
        uint64_t old = vma->access;

        vma->access = access;
        if (old != access)
            area_protect_pages(mm, vma, old);
    }
    areas_merge(mm, start, end);
unlock:
    rwlock_write_release(&mm->lock);
    return error;
}
