/*
 * What areas owe: how much memory a space may come to need, and the charge for it. Chapter "Memory
 * Mapping".
 *
 * An area is charged when it is made, in the worst case, so no fault is refused later:
 * - a frame or a swap slot for each page of private writable memory (VMA_CHARGED);
 * - the page tables of its range, less those that a neighbour is charged for already;
 * - a frame for each 16 areas, for the areas themselves.
 * A stack is charged up to its limit, whatever the area has now. An unreserved area is charged page
 * by page as it is touched, and so are its tables; it is passed over in all sums here.
 */
#pragma once

#include "vm/mapping/vma.h"

/*
 * The space is charged amount, which may be negative in part.
 * Returns: 0, or -ENOMEM: nothing has changed.
 * Locks: mm->lock for writing.
 */
int mm_charge(struct mm_struct *mm, struct commit amount);
/*
 * The reverse.
 * Locks: mm->lock for writing.
 */
void mm_uncharge(struct mm_struct *mm, struct commit amount);

/*
 * Charges vma, which is not in the tree yet, for the room of range. The areas in range go: what
 * they were charged counts against it.
 * Returns: 0, or -ENOMEM: nothing has changed.
 * Locks: mm->lock for writing.
 */
int area_charge(struct mm_struct *mm, const struct vm_area_struct *vma,
                const struct vma_range *range);
/*
 * The charge released when the areas in range, which is isolated, are removed and `coming` new ones
 * are added.
 * Locks: mm->lock for writing.
 */
struct commit charge_released(struct mm_struct *mm, const struct vma_range *range, uint32_t coming);
/*
 * The charge for the struct of one area more: a frame for each 16th, else nothing.
 * Locks: mm->lock.
 */
struct commit charge_of_next_area(const struct mm_struct *mm);
/*
 * The page tables to charge for [start, end), in the worst case. The areas from below down and from
 * above up (each may be NULL) are charged for theirs: those do not count again.
 * Locks: mm->lock.
 */
int64_t tables_owed(struct mm_struct *mm, uint64_t start, uint64_t end,
                    struct vm_area_struct *below, struct vm_area_struct *above);
/*
 * Charges frames that are to become tables of unreserved memory, until they are freed.
 * Returns: 0, or -ENOMEM.
 * Locks: none.
 */
int tables_charge(struct table_supply *tables);

/* The charge for wiring an area (mlock): its pages count as unswappable then. */
static inline struct commit charge_of_wiring(const struct vm_area_struct *vma)
{
    int64_t pages = (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);

    return (struct commit){.pages = vma_is_charged(vma) ? -pages : 0, .unswappable = pages};
}
