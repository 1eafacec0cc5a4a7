/*
 * msync, madvise, mincore. Chapter "Memory Mapping".
 *
 * They go from area to area. What may sleep on a file is done with the mm unlocked and a use of the
 * object taken; the next area is looked up afresh from the address reached.
 */
#include "vm/extra/advise.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "thread/thread.h"
#include "vm/cache/object_read.h"
#include "vm/faults/fault.h"
#include "vm/mapping/area.h"
#include "vm/mapping/mmap.h"
#include "vm/mapping/unmap.h"

/* A piece of one area in a range: what is needed of it once the mm is unlocked. */
struct piece {
    uint64_t start, end;
    unsigned flags;
    struct vm_object *object; /* with a use; NULL: anonymous */
    uint64_t offset;          /* of start in the object */
};

/*
 * The next piece of [*at, end); *at moves past it. False: there is none. *hole is set where nothing
 * is mapped before the piece, or no piece. The caller puts piece->object.
 */
static bool piece_next(struct mm_struct *mm, uint64_t *at, uint64_t end, struct piece *piece,
                       bool *hole)
{
    struct vm_area_struct *vma;
    bool found;

    rwlock_read_acquire(&mm->lock);
    vma = find_vma(mm, *at);
    found = vma && vma->start < end;
    *hole |= !found || vma->start > *at;
    if (found) {
        piece->start = vma->start > *at ? vma->start : *at;
        piece->end = vma->end < end ? vma->end : end;
        piece->flags = vma->flags;
        piece->object = vma->object;
        piece->offset = vma->offset + (piece->start - vma->start);
        if (piece->object)
            piece->object->ops->get(piece->object);
        *at = piece->end;
    }
    rwlock_read_release(&mm->lock);
    return found;
}

static void piece_done(struct piece *piece)
{
    if (piece->object)
        piece->object->ops->put(piece->object);
}

int mm_sync(struct mm_struct *mm, uint64_t start, uint64_t length, int flags)
{
    int way = flags & (MS_ASYNC | MS_SYNC);
    struct piece piece;
    bool hole = false;
    uint64_t end;
    int error = mm_range_end(start, length, &end);

    if (error)
        return error;
    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (way != MS_ASYNC && way != MS_SYNC))
        return -EINVAL;
    while (start < end && !error && piece_next(mm, &start, end, &piece, &hole)) {
        if ((flags & MS_INVALIDATE) && (piece.flags & VMA_WIRED))
            error = -EBUSY;
        else if (thread_is_interrupted())
            error = -EINTR;
        else if ((flags & MS_SYNC) && (piece.flags & VMA_SHARED) && piece.object->ops->sync)
            error = piece.object->ops->sync(piece.object);
        piece_done(&piece);
    }
    return !error && hole ? -ENOMEM : error;
}

/* NORMAL, RANDOM, SEQUENTIAL: kept as flags of the areas, which the fault handlers look at. */
static int advise_pattern(struct mm_struct *mm, uint64_t start, uint64_t end, unsigned pattern)
{
    struct vm_area_struct *vma;
    struct vma_range range;
    int error, hole;

    rwlock_write_acquire(&mm->lock);
    hole = areas_allow(mm, start, end, 0);
    error = areas_isolate(mm, start, end, &range);
    for (vma = range.first; !error && vma != range.above; vma = vma_next(vma))
        vma->flags = (vma->flags & ~(unsigned)(VMA_RANDOM | VMA_SEQUENTIAL)) | pattern;
    areas_merge(mm, start, end);
    rwlock_write_release(&mm->lock);
    return error ? error : hole;
}

/*
 * Madvise passes over what is not mapped in the range, does the rest, and then says -ENOMEM.
 *
 * Holds nothing. Private pages are dropped; those of an object are only unmapped. Where an area
 * of the range is wired (mlock), nothing is dropped.
 */
static int advise_drop(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct vm_area_struct *vma;
    int error = 0, hole;

    rwlock_write_acquire(&mm->lock);
    hole = areas_allow(mm, start, end, 0);
    for (vma = find_vma(mm, start); vma && vma->start < end && !error; vma = vma_next(vma))
        error = vma->flags & VMA_WIRED ? -EINVAL : 0;
    if (!error)
        unmap_page_range(mm, start, end);
    rwlock_write_release(&mm->lock);
    return error ? error : hole;
}

/* Holds nothing. What is in swap of the range comes back. */
static void bring_back(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    for (; start < end && !thread_is_interrupted(); start += PAGE_SIZE)
        if (handle_page_fault(mm, start, FAULT_FLAG_BRING_BACK, 0, NULL) != FAULT_OK)
            return;
}

/* Holds nothing. Pages of the range come into memory: of files into the cache, or from swap. */
static int advise_read(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct piece piece;
    bool hole = false;

    while (start < end && piece_next(mm, &start, end, &piece, &hole)) {
        if (piece.object)
            object_read_ahead(piece.object, piece.offset >> PAGE_SHIFT,
                              (piece.end - piece.start) >> PAGE_SHIFT);
        if (!(piece.flags & VMA_SHARED))
            bring_back(mm, piece.start, piece.end);
        piece_done(&piece);
        if (thread_is_interrupted())
            return -EINTR;
    }
    return hole ? -ENOMEM : 0;
}

int mm_advise(struct mm_struct *mm, uint64_t start, uint64_t length, int advice)
{
    uint64_t end;
    int error = mm_range_end(start, length, &end);

    if (error)
        return error;
    switch (advice) {
    case MADV_NORMAL:
        return advise_pattern(mm, start, end, 0);
    case MADV_RANDOM:
        return advise_pattern(mm, start, end, VMA_RANDOM);
    case MADV_SEQUENTIAL:
        return advise_pattern(mm, start, end, VMA_SEQUENTIAL);
    case MADV_WILLNEED:
        return advise_read(mm, start, end);
    case MADV_DONTNEED:
        return advise_drop(mm, start, end);
    default:
        return -EINVAL;
    }
}

/* Holds nothing. Is the page of an object in the cache, up to date? */
static bool object_has_page(struct vm_object *object, uint64_t index)
{
    struct page *page = object_find_page(object, index);
    bool has = page && page_test(page, PAGE_UPTODATE);

    if (page)
        page_put(page);
    return has;
}

int mm_present(struct mm_struct *mm, uint64_t start, uint64_t pages, unsigned char *present)
{
    uint64_t end = start, va = start;
    int error = mm_range_end(start, pages << PAGE_SHIFT, &end);

    rwlock_read_acquire(&mm->lock);
    for (; va < end && !error; va += PAGE_SIZE) {
        struct vm_area_struct *vma = find_vma(mm, va);
        pte_t *ptep;

        if (!vma || vma->start > va) {
            error = -ENOMEM;
            break;
        }
        ptep = pte_find(&mm->page_table, va);
        present[(va - start) >> PAGE_SHIFT] =
            (ptep && pte_has_frame(pte_load(ptep))) ||
            (vma->object && va - vma->start < vma->file_bytes &&
             object_has_page(vma->object, (vma->offset + (va - vma->start)) >> PAGE_SHIFT));
    }
    rwlock_read_release(&mm->lock);
    return error;
}
