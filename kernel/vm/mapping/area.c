/*
 * Areas of an address space: made, split, joined, removed. Chapter "Memory Mapping". The tree that
 * they lie in is vm/mapping/vma.c's.
 *
 * What always holds: what an area may need is charged before the area is in the tree; an area that
 * left the tree has no pages and no charge; neighbours that are alike are one.
 */
#include "vm/mapping/area.h"

#include "abi/errno.h"
#include "mem/kmem.h"
#include "sync/printf.h"
#include "thread/thread.h"
#include "vm/faults/file_map.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/unmap.h"

/* Locks: mm->lock for writing. Memory for one more area, or NULL. */
static struct vm_area_struct *area_alloc(struct mm_struct *mm)
{
    return mm->vma_count < MM_MAX_AREAS ? kmem_alloc(sizeof(struct vm_area_struct), 0) : NULL;
}

void area_close(struct vm_area_struct *vma)
{
    if (vma->ops)
        vma->ops->close(vma);
    kmem_free(vma);
}

void areas_close(struct list_head *closing)
{
    struct vm_area_struct *vma;

    list_for_each_element_safe(vma, closing, closing_link)
        area_close(vma);
}

/*
 * Makes *out, an area for range: opened, but neither charged nor in the tree.
 * Returns: 0, -ENOMEM, -ETXTBSY.
 */
static int area_make(struct mm_struct *mm, const struct vma_range *range,
                     const struct area_request *request, struct vm_area_struct **out)
{
    struct vm_area_struct *vma = area_alloc(mm);
    int error = 0;

    if (!vma)
        return -ENOMEM;
    vma->start = range->start;
    vma->end = range->end;
    vma->access = (uint16_t)request->access;
    vma->access_max = (uint16_t)request->access_max;
    vma->flags = request->flags;
    if (!(vma->flags & VMA_SHARED))
        vma->flags |= (commit_always ? VMA_UNRESERVED : 0u) |
                      (vma->access & ACCESS_WRITE ? VMA_CHARGED : 0u);
    vma->mm = mm;
    vma->object = request->object;
    vma->offset = request->offset;
    vma->file_bytes = request->file_bytes;
    vma->ops = request->object ? &object_vm_ops : NULL;
    if (vma->ops)
        error = vma->ops->open(vma);
    if (error)
        kmem_free(vma);
    *out = vma;
    return error;
}

/*
 * Sets file_bytes of an area that is on its object's list.
 * Locks: mm->lock for writing.
 * Sleeps.
 */
static void area_set_bytes(struct vm_area_struct *vma, uint64_t bytes)
{
    if (!vma->object || bytes == vma->file_bytes)
        return;
    sleeplock_acquire(&vma->object->vma_lock);
    vma->file_bytes = bytes;
    sleeplock_release(&vma->object->vma_lock);
}

/*
 * Makes the part of vma from `at` on, a page's start within it, an area of its own, charged for its
 * struct. Pages, tables and their charges stay as they are. Each part gets of file_bytes what lies
 * in it. The upper part is opened, and so on its object's list, before the lower one
 * shrinks: a walk over the list finds each page's area, in one of the two or in both.
 * Returns: 0, or -ENOMEM: nothing has changed.
 * Locks: mm->lock for writing.
 * Sleeps.
 */
static int area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at)
{
    struct vm_area_struct *upper = area_alloc(mm);
    struct vma_range range = {.below = vma, .above = vma_next(vma)};
    uint64_t into = at - vma->start;
    int error = 0;

    if (!upper)
        return -ENOMEM;
    if (mm_charge(mm, charge_of_next_area(mm)) != 0) {
        kmem_free(upper);
        return -ENOMEM;
    }
    *upper = *vma;
    upper->start = at;
    upper->offset += into;
    upper->file_bytes = vma->file_bytes > into ? vma->file_bytes - into : 0;
    if (upper->ops)
        error = upper->ops->open(upper);
    assert(error == 0);
    if (vma->file_bytes > into)
        area_set_bytes(vma, into);
    vma_resize(vma, vma->start, at);
    vma_insert(mm, upper, &range);
    return 0;
}

int areas_isolate(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range)
{
    int error = 0;

    vma_find_range(mm, start, end, range);
    if (range->first == range->above)
        return 0;
    if (range->first->start < start) {
        error = area_split(mm, range->first, start);
        vma_find_range(mm, start, end, range);
    }
    if (!error && range->last->end > end) {
        error = area_split(mm, range->last, end);
        range->above = vma_next(range->last);
    }
    if (error)
        areas_merge(mm, start, end);
    return error;
}

/*
 * Can one area say what the two say? They touch, and are equal in all but that; of one object,
 * lower is the object's to its end, and upper goes on from there.
 */
static bool areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper)
{
    uint64_t bytes = lower->end - lower->start;

    return lower->end == upper->start && lower->access == upper->access &&
           lower->access_max == upper->access_max && lower->flags == upper->flags &&
           lower->object == upper->object &&
           (!lower->object ||
            (lower->offset + bytes == upper->offset && lower->file_bytes == bytes));
}

/*
 * Makes one area, lower, of two neighbours (each may be NULL) if they are alike. The charge for the
 * other's struct is released when it is out of the tree, and so is its use of the object.
 * Returns: false: both stay.
 * Locks: mm->lock for writing.
 */
static inline bool area_join(struct mm_struct *mm, struct vm_area_struct *lower,
                             struct vm_area_struct *upper)
{
    if (!lower || !upper || !areas_alike(lower, upper))
        return false;
    vma_remove(mm, upper);
    mm_uncharge(mm, charge_of_next_area(mm));
    area_set_bytes(lower, lower->file_bytes + upper->file_bytes);
    vma_resize(lower, lower->start, upper->end);
    area_close(upper); /* lower keeps a use of the object: this is not the last */
    return true;
}

void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct vm_area_struct *vma = find_vma(mm, start > 0 ? start - 1 : 0);
    struct vm_area_struct *next;

    while (vma && vma->start <= end && (next = vma_next(vma)) != NULL)
        if (!area_join(mm, vma, next))
            vma = next;
}

/*
 * Takes the areas of range, which is isolated, with their pages and tables onto closing. Their
 * charges are the caller's to settle, before: see charge_released. A wired one is not counted as
 * locked any more.
 * Locks: mm->lock for writing.
 */
static void areas_take(struct mm_struct *mm, struct vma_range *range, struct list_head *closing)
{
    thread_note_act();
    unmap_page_range(mm, range->start, range->end);
    while (range->first != range->above) {
        struct vm_area_struct *vma = range->first;

        if (vma->flags & VMA_WIRED)
            commit_add(&mm->locked, -1, charge_of_wiring(vma));
        range->first = vma_remove(mm, vma);
        mm->area_bytes -= vma->end - vma->start;
        list_add(&vma->closing_link, closing);
    }
    tables_remove(mm, range);
}

int map_page_range(struct mm_struct *mm, struct vma_range *range,
                   const struct area_request *request, struct list_head *closing)
{
    struct vm_area_struct *vma;
    int error;

    if (!closing && range->first != range->above)
        return -EEXIST;
    error = area_make(mm, range, request, &vma);
    if (!error) {
        error = area_charge(mm, vma, range);
        if (error)
            area_close(vma);
    }
    if (error) {
        areas_merge(mm, range->start, range->end); /* what was isolated */
        return error;
    }
    if (range->first != range->above)
        areas_take(mm, range, closing);
    vma_insert(mm, vma, range);
    mm->area_bytes += range->end - range->start;
    area_join(mm, vma, range->above);
    area_join(mm, range->below, vma);
    return 0;
}

int areas_remove(struct mm_struct *mm, uint64_t start, uint64_t end, struct list_head *closing)
{
    struct vma_range range;
    int error = areas_isolate(mm, start, end, &range);

    if (!error && range.first != range.above) {
        mm_uncharge(mm, charge_released(mm, &range, 0));
        areas_take(mm, &range, closing);
    }
    return error;
}

int areas_allow(struct mm_struct *mm, uint64_t start, uint64_t end, uint64_t access)
{
    while (start < end) {
        struct vm_area_struct *vma = find_vma(mm, start);

        if (!vma || vma->start > start)
            return -ENOMEM;
        if (access & ~vma->access_max)
            return -EACCES;
        start = vma->end;
    }
    return 0;
}
