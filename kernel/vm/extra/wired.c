/*
 * mlock: areas with pages that stay in memory. Chapter "Page Replacement".
 *
 * A wired area is charged as unswappable. Its pages have a mark in their entries, and are no
 * quota's.
 */
#include "vm/extra/wired.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "thread/thread.h"
#include "vm/extra/quota.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/area.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/mmap.h"
#include "vm/replacement/lru.h"

/*
 * Locks: mm->lock for writing. Pages of [start, end) that are there are marked in their entries,
 * for what looks for pages to evict sees entries and no areas; the quota does not count them.
 */
static void entries_wire(struct mm_struct *mm, uint64_t start, uint64_t end, bool locked)
{
    struct page *page;
    pte_t *ptep;

    spin_lock(&mm->page_table.lock);
    for_each_pte (&mm->page_table, start, end, ptep) {
        if (!pte_has_frame(pte_load(ptep)))
            continue;
        pte_set_wired(ptep, locked);
        page = pfn_page(pte_pfn(pte_load(ptep)));
        if (locked)
            quota_forget(mm, start);
        else if (page_test(page, PAGE_PRIVATE) && !quota_remember(mm, start, 0))
            add_to_lru(&anon_lru, page, 0); /* it may have come while it was locked */
    }
    spin_unlock(&mm->page_table.lock);
}

/* Locks: mm->lock for writing. All areas in range become wired: 0; or -ENOMEM, and none does. */
static int areas_wire(struct mm_struct *mm, const struct vma_range *range)
{
    struct commit charge = {0, 0};
    struct vm_area_struct *vma;
    int error;

    for (vma = range->first; vma != range->above; vma = vma_next(vma))
        if (!(vma->flags & VMA_WIRED))
            commit_add(&charge, 1, charge_of_wiring(vma));
    if (mm->locked.unswappable + charge.unswappable > (int64_t)(frame_managed / 8))
        return -ENOMEM;
    error = mm_charge(mm, charge);
    if (error)
        return error;
    commit_add(&mm->locked, 1, charge);
    mm_use_rules(mm);
    for (vma = range->first; vma != range->above; vma = vma_next(vma))
        if (!(vma->flags & VMA_WIRED))
            vma->flags |= VMA_WIRED | VMA_LOCKING;
    entries_wire(mm, range->start, range->end, true);
    return 0;
}

/*
 * Locks: mm->lock for writing. One that was not wired has no marks, and may have entries without
 * end.
 */
static void area_unwire(struct mm_struct *mm, struct vm_area_struct *vma)
{
    if (!(vma->flags & VMA_WIRED))
        return;
    commit_add(&mm->locked, -1, charge_of_wiring(vma));
    mm_uncharge(mm, charge_of_wiring(vma));
    vma->flags &= ~(unsigned)VMA_WIRED;
    entries_wire(mm, vma->start, vma->end, false);
}

/*
 * Locks: mm->mlock_lock. What mlock has locked just now stays so, unless not all could be brought
 * in. No other mlock began meanwhile: what is marked was locked by this one, and nobody was told.
 */
static void lock_settle(struct mm_struct *mm, uint64_t start, uint64_t end, bool failed)
{
    struct vm_area_struct *vma;

    san_assert(sleeplock_held(&mm->mlock_lock));
    rwlock_write_acquire(&mm->lock);
    for (vma = find_vma(mm, start); vma && vma->start < end; vma = vma_next(vma)) {
        if (failed && (vma->flags & VMA_LOCKING))
            area_unwire(mm, vma);
        vma->flags &= ~(unsigned)VMA_LOCKING;
    }
    areas_merge(mm, start, end);
    rwlock_write_release(&mm->lock);
}

int mm_mlock(struct mm_struct *mm, uint64_t start, uint64_t length, bool locked)
{
    struct vm_area_struct *vma;
    struct vma_range range;
    uint64_t end;
    int error = mm_range_end(start, length, &end);

    if (error || start == end)
        return error;
    if (locked && sleeplock_acquire_killable(&mm->mlock_lock) != 0)
        return -EINTR;
    rwlock_write_acquire(&mm->lock);
    error = areas_allow(mm, start, end, 0);
    if (!error)
        error = areas_isolate(mm, start, end, &range);
    if (error)
        goto unlock; /* nothing is isolated */
    if (locked)
        error = areas_wire(mm, &range);
    for (vma = range.first; !locked && vma != range.above; vma = vma_next(vma))
        area_unwire(mm, vma);
    areas_merge(mm, start, end);
unlock:
    rwlock_write_release(&mm->lock);
    if (!locked)
        return error;
    if (!error) {
        error = mm_populate(mm, start, end - start);
        lock_settle(mm, start, end, error);
    }
    sleeplock_release(&mm->mlock_lock);
    return error == -EFAULT ? -ENOMEM : error;
}

int mm_populate(struct mm_struct *mm, uint64_t start, uint64_t length)
{
    for (uint64_t va = start; va < start + length; va += PAGE_SIZE) {
        uint64_t access = 0;
        int error;

        if (thread_is_interrupted())
            return -EINTR;
        rwlock_read_acquire(&mm->lock);
        error = areas_allow(mm, va, va + PAGE_SIZE, 0);
        if (!error)
            access = find_vma(mm, va)->access;
        rwlock_read_release(&mm->lock);
        if (!error && (access & (ACCESS_READ | ACCESS_WRITE)))
            error = user_fault_in(mm, va, access & ACCESS_WRITE);
        if (error)
            return error;
    }
    return 0;
}
