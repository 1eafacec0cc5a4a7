/*
 * Calls that say something about mapped ranges: msync, madvise, mincore, mlock. Chapter "Memory
 * Mapping".
 *
 * They go from area to area. What may sleep on a file is done with the mm let go and a use of the
 * object taken; the next area is looked up afresh from the address reached.
 */
#include "abi/errno.h"
#include "abi/mman.h"
#include "thread/thread.h"
#include "vm/cache/object_read.h"
#include "vm/extra/quota.h"
#include "vm/faults/fault.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/mm.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/lru.h"

/* A piece of one area in a range: what is needed of it once the mm lock is let go. */
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

int mm_range_end(uint64_t start, uint64_t length, uint64_t *end)
{
    uint64_t bytes = PAGE_ROUND_UP(length);

    if (start & PAGE_MASK)
        return -EINVAL;
    if (bytes < length || !user_range_ok(start, bytes))
        return -ENOMEM;
    *end = start + bytes;
    return 0;
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

/* Locks: mm->lock. 0: all of [start, end) is areas. -ENOMEM: there is a hole. */
static int range_covered(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end;) {
        struct vm_area_struct *vma = find_vma(mm, at);

        if (!vma || vma->start > at)
            return -ENOMEM;
        at = vma->end;
    }
    return 0;
}

/* NORMAL, RANDOM, SEQUENTIAL: kept as flags of the areas, which the fault handlers look at. */
static int advise_pattern(struct mm_struct *mm, uint64_t start, uint64_t end, unsigned pattern)
{
    struct vm_area_struct *vma;
    struct vma_range range;
    int error, hole;

    rwlock_write_acquire(&mm->lock);
    hole = range_covered(mm, start, end);
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
 * Holds nothing. Private pages are dropped; those of an object are only unmapped. Where one is
 * locked, nothing is dropped.
 */
static int advise_drop(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct vm_area_struct *vma;
    int error = 0, hole;

    rwlock_write_acquire(&mm->lock);
    hole = range_covered(mm, start, end);
    for (vma = find_vma(mm, start); vma && vma->start < end && !error; vma = vma_next(vma))
        error = vma->flags & VMA_WIRED ? -EINVAL : 0;
    for (vma = find_vma(mm, start); vma && vma->start < end && !error; vma = vma_next(vma)) {
        if (thread_is_interrupted())
            error = -EINTR;
        else
            unmap_page_range(mm, vma->start < start ? start : vma->start,
                             vma->end < end ? vma->end : end);
    }
    rwlock_write_release(&mm->lock);
    return error ? error : hole;
}

/* Holds nothing. What is in swap of the range comes back. */
static void bring_back(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    for (; start < end && !thread_is_interrupted(); start += PAGE_SIZE)
        if (handle_page_fault(mm, start, FAULT_FLAG_BRING_BACK, 0) != FAULT_OK)
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

/*
 * Locks: mm->lock for writing. Pages of [start, end) that are there are marked in their entries,
 * for what looks for pages to evict sees entries and no areas; the quota does not count them.
 */
static void entries_lock(struct mm_struct *mm, uint64_t start, uint64_t end, bool locked)
{
    struct page *page;
    pte_t *ptep;

    spin_lock(&mm->page_table.lock);
    while ((ptep = pte_next(&mm->page_table, &start, end)) != NULL) {
        for (uint64_t stop = leaf_table_end(start, end); start < stop; start += PAGE_SIZE, ptep++) {
            if (!pte_has_frame(pte_load(ptep)))
                continue;
            pte_set_wired(ptep, locked);
            page = pfn_page(pte_pfn(pte_load(ptep)));
            if (locked)
                quota_forget(mm, start);
            else if (page_test(page, PAGE_PRIVATE) && !quota_remember(mm, start, 0))
                add_to_lru(&anon_lru, page, 0); /* it may have come while it was locked */
        }
    }
    spin_unlock(&mm->page_table.lock);
}

/* Locks: mm->lock for writing. The area is no longer locked. One that was not has no mark, and may
 * have entries without end. */
static void area_unlock_pages(struct mm_struct *mm, struct vm_area_struct *vma)
{
    if (!(vma->flags & VMA_WIRED))
        return;
    area_unlock(mm, vma);
    entries_lock(mm, vma->start, vma->end, false);
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
            area_unlock_pages(mm, vma);
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
    error = range_covered(mm, start, end);
    if (!error)
        error = areas_isolate(mm, start, end, &range);
    if (!error && locked)
        error = areas_lock(mm, &range);
    for (vma = range.first; !error && !locked && vma != range.above; vma = vma_next(vma))
        area_unlock_pages(mm, vma);
    if (!error && locked)
        entries_lock(mm, start, end, true);
    areas_merge(mm, start, end);
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
