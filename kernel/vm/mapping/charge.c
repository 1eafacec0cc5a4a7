/*
 * What areas owe: the charges of a space, made before anything is granted. Chapter "Memory
 * Mapping". The sums that limit them are in vm/mapping/commit.c.
 *
 * What always holds: mm->charged.unswappable counts the tables that the union of the areas may need
 * (of unreserved areas: the tables they have, by PAGE_CHARGED of the frames, elsewhere), and a
 * frame for each AREAS_PER_FRAME areas, begun ones too.
 */
#include "vm/mapping/charge.h"

#include "abi/errno.h"

#define AREAS_PER_FRAME 16u /* at least as many areas, as small objects, fit into a frame */

int mm_charge(struct mm_struct *mm, struct commit amount)
{
    int error = 0;

    if (amount.pages || amount.unswappable)
        error = commit_charge(amount);
    if (!error)
        commit_add(&mm->charged, 1, amount);
    return error;
}

void mm_uncharge(struct mm_struct *mm, struct commit amount)
{
    if (amount.pages || amount.unswappable)
        commit_release(amount);
    commit_add(&mm->charged, -1, amount);
}

/*
 * Tables of unreserved areas are charged when they are built, one by one; so only other areas share
 * theirs. Where the tables that are charged end, from vma or below it.
 */
static uint64_t charged_up_to(struct vm_area_struct *vma)
{
    while (vma && (vma->flags & VMA_UNRESERVED))
        vma = vma_prev(vma);
    return vma_floor(vma);
}

/* Where they begin again, from vma or above it. */
static uint64_t charged_from(struct vm_area_struct *vma)
{
    while (vma && (vma->flags & VMA_UNRESERVED))
        vma = vma_next(vma);
    return vma_ceiling(vma);
}

int64_t tables_owed(struct mm_struct *mm, uint64_t start, uint64_t end,
                    struct vm_area_struct *below, struct vm_area_struct *above)
{
    return (int64_t)tables_needed(mm->page_table.levels, start, end, charged_up_to(below),
                                  charged_from(above));
}

int tables_charge(struct table_supply *tables)
{
    for (uint32_t i = 0; i < tables->count; i++) {
        if (!page_test(tables->frame[i], PAGE_CHARGED) &&
            commit_charge((struct commit){.unswappable = 1}) != 0)
            return -ENOMEM;
        page_set(tables->frame[i], PAGE_CHARGED);
    }
    return 0;
}

struct commit charge_of_next_area(const struct mm_struct *mm)
{
    return (struct commit){.unswappable = mm->vma_count % AREAS_PER_FRAME == 0};
}

/* The frames charged for the structs of so many areas. */
static int64_t frames_of_areas(uint32_t count)
{
    return (count + AREAS_PER_FRAME - 1) / AREAS_PER_FRAME;
}

struct commit charge_released(struct mm_struct *mm, const struct vma_range *range, uint32_t coming)
{
    uint32_t count = mm->vma_count + coming;
    struct commit sum = {0, 0};

    for (struct vm_area_struct *vma = range->first; vma != range->above;
         vma = vma_next(vma), count--) {
        if (vma->flags & VMA_WIRED)
            commit_add(&sum, 1, charge_of_wiring(vma));
        if (vma->flags & VMA_UNRESERVED)
            continue;
        if (vma_is_charged(vma) && !(vma->flags & VMA_STACK))
            sum.pages += (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);
        sum.unswappable += tables_owed(mm, vma->start, vma->end, vma_prev(vma), range->above);
    }
    sum.unswappable += frames_of_areas(mm->vma_count) - frames_of_areas(count);
    return sum;
}

int area_charge(struct mm_struct *mm, const struct vm_area_struct *vma,
                const struct vma_range *range)
{
    struct commit amount = {0, 0};

    if (range->first == range->above) /* the usual case */
        amount = charge_of_next_area(mm);
    else
        commit_add(&amount, -1, charge_released(mm, range, 1));
    if (!(vma->flags & VMA_UNRESERVED))
        amount.unswappable += tables_owed(mm, range->start, range->end, range->below,
                                          range->above);
    if (vma_is_charged(vma))
        amount.pages += (int64_t)((range->end - range->start) >> PAGE_SHIFT);
    return mm_charge(mm, amount);
}
