/*
 * Areas of an address space, with their pages and promises: made, split, joined, removed. Chapter
 * "Memory Mapping". The tree that they lie in is vm/vma.c's.
 *
 * What always holds: mm->charged.unswappable counts the tables that the union of the areas may need
 * (of unreserved areas: the tables they have, by PAGE_CHARGED of the frames, elsewhere), and a
 * frame for each AREAS_PER_FRAME areas, begun ones too; a table that no area needs any more is
 * freed; a frame, of a page or of a table, leaves the space only after a fence.
 */
#include "abi/errno.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "sync/printf.h"
#include "vm/anon.h"
#include "vm/mm.h"
#include "vm/quota.h"
#include "vm/swap.h"
#include "vm/vma.h"

#define AREAS_PER_FRAME 16u /* at least as many areas, as small objects, fit into a frame */

int mm_charge(struct mm_struct *mm, struct commit amount)
{
    int error = 0;

    if (amount.pages || amount.unswappable)
        error = commit_charge(amount);
    if (!error) {
        mm->charged.pages += amount.pages;
        mm->charged.unswappable += amount.unswappable;
    }
    return error;
}

void mm_uncharge(struct mm_struct *mm, struct commit amount)
{
    if (amount.pages || amount.unswappable)
        commit_release(amount);
    mm->charged.pages -= amount.pages;
    mm->charged.unswappable -= amount.unswappable;
}

/* Where tables are promised next, from vma on; up to where they are below vma, or NULL, the end. */
static uint64_t promised_from(struct vm_area_struct *vma)
{
    while (vma && (vma->flags & VMA_UNRESERVED))
        vma = vma_next(vma);
    return vma ? vma->start : UINT64_MAX;
}

static uint64_t promised_below(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct vm_area_struct *below = vma ? vma_prev(vma) : vma_last(mm);

    while (below && (below->flags & VMA_UNRESERVED))
        below = vma_prev(below);
    return below ? below->end : 0;
}

/*
 * Locks: mm->lock for writing. What [start, end) costs as pages and tables, but for the areas that
 * are in it now. Tables of unreserved areas are charged when they are built, by the frame; so only
 * the others share theirs.
 */
static struct commit range_charge(struct mm_struct *mm, uint64_t start, uint64_t end, bool pages)
{
    struct vm_area_struct *first = find_vma(mm, start);
    struct vm_area_struct *above = first && first->start < end ? find_vma(mm, end) : first;

    return (struct commit){
        .pages = pages ? (int64_t)((end - start) >> PAGE_SHIFT) : 0,
        .unswappable = (int64_t)tables_needed(mm->page_table.levels, start, end,
                                              promised_below(mm, first), promised_from(above)),
    };
}

int tables_charge(struct table_supply *tables)
{
    for (uint32_t i = 0; i < tables->count; i++) {
        if (page_test(tables->frame[i], PAGE_CHARGED))
            continue;
        if (commit_charge((struct commit){.unswappable = 1}) != 0)
            return -ENOMEM;
        page_set(tables->frame[i], PAGE_CHARGED);
    }
    return 0;
}

/* Locks: mm->lock for writing. What one more area promises for its own memory, a small object. */
static struct commit next_area_charge(const struct mm_struct *mm)
{
    return (struct commit){.unswappable = mm->vma_count % AREAS_PER_FRAME == 0};
}

/* The promised frames of so many areas. */
static int64_t frames_of_areas(uint32_t count)
{
    return (count + AREAS_PER_FRAME - 1) / AREAS_PER_FRAME;
}

/* What locking an area moves from one sum to the other, or adds. */
static struct commit lock_charge(const struct vm_area_struct *vma)
{
    int64_t pages = (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);

    return (struct commit){.pages = vma_is_charged(vma) ? -pages : 0, .unswappable = pages};
}

/*
 * Locks: mm->lock for writing. What is promised no more when the areas of [start, end), whole ones,
 * go and so many others come. What a stack may grow to stays promised.
 */
static struct commit areas_charge(struct mm_struct *mm, uint64_t start, uint64_t end,
                                  uint32_t coming)
{
    struct vm_area_struct *vma = find_vma(mm, start);
    uint64_t below = promised_below(mm, vma), above = promised_from(find_vma(mm, end));
    uint32_t count = mm->vma_count + coming;
    struct commit sum = {0, 0};

    for (; vma && vma->start < end; vma = vma_next(vma), count--) {
        if (vma->flags & VMA_LOCKED) {
            sum.pages += lock_charge(vma).pages;
            sum.unswappable += lock_charge(vma).unswappable;
        }
        if (vma->flags & VMA_UNRESERVED)
            continue;
        if (vma_is_charged(vma) && !(vma->flags & VMA_STACK))
            sum.pages += (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);
        sum.unswappable += (int64_t)tables_needed(mm->page_table.levels, vma->start, vma->end,
                                                  below, above);
        below = vma->end;
    }
    sum.unswappable += frames_of_areas(mm->vma_count) - frames_of_areas(count);
    return sum;
}

/* Locks: mm->lock for writing. Memory for one more area, or NULL. */
static struct vm_area_struct *area_alloc(struct mm_struct *mm)
{
    return mm->vma_count < MM_MAX_AREAS ? kmem_alloc(sizeof(struct vm_area_struct), 0) : NULL;
}

/* For an area that is in no tree. Sleeps. */
static void area_close(struct vm_area_struct *vma)
{
    if (vma->ops)
        vma->ops->close(vma);
    kmem_free(vma);
}

/* An area, opened, but in no tree yet. 0, -ENOMEM, -ETXTBSY. */
static int area_make(struct mm_struct *mm, const struct area_request *request,
                     struct vm_area_struct **out)
{
    bool is_private = !(request->flags & VMA_SHARED);
    struct vm_area_struct *vma = area_alloc(mm);
    int error = 0;

    if (!vma)
        return -ENOMEM;
    vma->start = request->start;
    vma->end = request->end;
    vma->access = request->access;
    vma->access_max = request->access_max;
    vma->flags = request->flags;
    if (is_private && commit_always)
        vma->flags |= VMA_UNRESERVED;
    if (is_private && (request->access & ACCESS_WRITE))
        vma->flags |= VMA_CHARGED;
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

/* Locks: mm->lock for writing. Promises what vma needs more than what it takes the place of. */
static int area_charge(struct mm_struct *mm, const struct vm_area_struct *vma)
{
    struct commit freed = areas_charge(mm, vma->start, vma->end, 1);
    struct commit amount = {0, 0};

    if (!(vma->flags & VMA_UNRESERVED))
        amount = range_charge(mm, vma->start, vma->end, vma_is_charged(vma));
    amount.pages -= freed.pages;
    amount.unswappable -= freed.unswappable;
    return mm_charge(mm, amount);
}

int areas_lock(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct commit charge = {0, 0};
    struct vm_area_struct *vma;
    int error;

    for (vma = find_vma(mm, start); vma && vma->start < end; vma = vma_next(vma)) {
        struct commit one = lock_charge(vma);

        if (vma->flags & VMA_LOCKED)
            continue;
        charge.pages += one.pages;
        charge.unswappable += one.unswappable;
    }
    if (mm->locked.unswappable + charge.unswappable > (int64_t)(frame_managed / 8))
        return -ENOMEM;
    error = mm_charge(mm, charge);
    if (error)
        return error;
    mm->locked.pages += charge.pages;
    mm->locked.unswappable += charge.unswappable;
    for (vma = find_vma(mm, start); vma && vma->start < end; vma = vma_next(vma))
        vma->flags |= VMA_LOCKED;
    return 0;
}

/* Locks: mm->lock for writing. It is not counted as locked any more. */
static void lock_forget(struct mm_struct *mm, const struct vm_area_struct *vma)
{
    mm->locked.pages -= lock_charge(vma).pages;
    mm->locked.unswappable -= lock_charge(vma).unswappable;
}

void area_unlock(struct mm_struct *mm, struct vm_area_struct *vma)
{
    if (!(vma->flags & VMA_LOCKED))
        return;
    lock_forget(mm, vma);
    mm_uncharge(mm, lock_charge(vma));
    vma->flags &= ~(unsigned)VMA_LOCKED;
}

int stack_grow(struct mm_struct *mm, uint64_t va)
{
    struct vm_area_struct *vma;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    vma = find_vma(mm, va);
    if (vma && (vma->flags & VMA_STACK) && va >= mm->stack_limit && va < vma->start) {
        /* The pages were promised with the limit; only tables can be new. */
        if (!(vma->flags & VMA_UNRESERVED))
            error = mm_charge(mm, range_charge(mm, va, vma->start, false));
        if (!error) {
            mm->area_bytes += vma->start - va;
            vma_resize(mm, vma, va, vma->end);
        }
    }
    rwlock_write_release(&mm->lock);
    return error;
}

int area_split(struct mm_struct *mm, uint64_t at)
{
    struct vm_area_struct *vma = find_vma(mm, at);
    struct vm_area_struct *upper;
    uint64_t into;
    int error;

    if (!vma || vma->start >= at)
        return 0;
    upper = area_alloc(mm);
    if (!upper)
        return -ENOMEM;
    error = mm_charge(mm, next_area_charge(mm));
    if (error) {
        kmem_free(upper);
        return error;
    }
    into = at - vma->start;
    *upper = *vma;
    upper->start = at;
    upper->offset += into;
    upper->file_bytes = vma->file_bytes > into ? vma->file_bytes - into : 0;
    if (vma->file_bytes > into)
        vma->file_bytes = into;
    vma_resize(mm, vma, vma->start, at);
    error = vma_insert(mm, upper);
    assert(error == 0);
    if (upper->ops)
        error = upper->ops->open(upper);
    assert(error == 0);
    return 0;
}

/* Does upper go on where lower ends, in every respect? */
static bool areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper)
{
    uint64_t bytes = lower->end - lower->start;

    return lower->end == upper->start && lower->access == upper->access &&
           lower->access_max == upper->access_max && lower->flags == upper->flags &&
           lower->object == upper->object &&
           (!lower->object ||
            (lower->offset + bytes == upper->offset && lower->file_bytes == bytes));
}

void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct vm_area_struct *vma = find_vma(mm, start > 0 ? start - 1 : 0);
    struct vm_area_struct *next;

    while (vma && vma->start <= end && (next = vma_next(vma)) != NULL) {
        if (!areas_alike(vma, next)) {
            vma = next;
            continue;
        }
        vma_remove(mm, next);
        mm_uncharge(mm, next_area_charge(mm));
        vma->file_bytes += next->file_bytes;
        vma_resize(mm, vma, vma->start, next->end);
        area_close(next); /* vma keeps a use of the object: this is not the last */
    }
}

/* Locks: the page table's. */
static void __attribute__((noinline)) swap_entry_drop(struct mm_struct *mm, pte_t *slot)
{
    swp_entry_t entry = pte_swap_slot(pte_load(slot));

    pte_set(slot, 0);
    swap_slot_put(entry);
    __atomic_fetch_sub(&mm->swapped, 1, __ATOMIC_RELAXED);
}

/* Locks: the page table's. Empties slots from *va on, until end, a table's end, or a full batch. */
static void unmap_slots(struct mm_struct *mm, struct tlb_batch *batch, pte_t *slot, uint64_t *va,
                        uint64_t end, uint64_t *unmapped)
{
    uint64_t full = *va + (TLB_BATCH_PAGES - batch->count) * PAGE_SIZE;
    uint64_t stop = leaf_table_end(*va, end < full ? end : full);
    struct page **next = &batch->page[batch->count];
    struct quota *quota = mm->quota;
    pfn_t zero = zero_pfn;
    uint64_t at = *va;

    tlb_batch_note(batch, at);
    for (; at < stop; at += PAGE_SIZE, slot++) {
        pte_t entry = pte_load(slot);

        if (pte_has_frame(entry)) {
            pfn_t pfn = pte_pfn(pte_swap(batch->table, at, slot, 0));

            if (pfn.number != zero.number)
                *next++ = pfn_page(pfn);
            else
                (*unmapped)++;
            if (__builtin_expect(quota != NULL, 0))
                quota_forget(mm, at);
        } else if (__builtin_expect(entry != 0, 0)) {
            swap_entry_drop(mm, slot);
        }
    }
    *unmapped += (uint64_t)(next - &batch->page[batch->count]);
    batch->count = (uint32_t)(next - batch->page);
    tlb_batch_note(batch, at - PAGE_SIZE);
    *va = at;
}

void unmap_page_range(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct page_table *table = &mm->page_table;
    uint64_t unmapped = 0;
    uint64_t va = start;
    bool more = true;

    while (more) {
        struct tlb_batch batch;
        pte_t *slot = NULL;

        tlb_batch_begin(&batch, table);
        spin_lock(&table->lock);
        while (batch.count < TLB_BATCH_PAGES && (slot = next_page_table(table, &va, end)) != NULL)
            unmap_slots(mm, &batch, slot, &va, end, &unmapped);
        spin_unlock(&table->lock);
        tlb_batch_finish(&batch);
        more = slot != NULL;
    }
    __atomic_fetch_sub(&mm->resident, unmapped, __ATOMIC_RELAXED);
}

/* Locks: mm->lock for writing. Frees tables that were unlinked. */
static void tables_put(struct mm_struct *mm, struct list_head *removed)
{
    struct list_head *link, *after;

    if (list_empty(removed))
        return;
    flush_tlb_range(&mm->page_table, 0, UINT64_MAX);
    list_for_each_safe (link, after, removed)
        page_put(container_of(link, struct page, lru.link));
}

void tables_trim(struct mm_struct *mm)
{
    struct list_head removed;

    list_init(&removed);
    rwlock_write_acquire(&mm->lock);
    spin_lock(&mm->page_table.lock);
    page_table_drop_empty(&mm->page_table, &removed);
    spin_unlock(&mm->page_table.lock);
    tables_put(mm, &removed);
    rwlock_write_release(&mm->lock);
}

/*
 * Locks: mm->lock for writing. Frees the tables that only [start, end), now without areas, needed.
 */
static void tables_remove(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct list_head removed;

    list_init(&removed);
    spin_lock(&mm->page_table.lock);
    page_table_prune(&mm->page_table, start, end, vma_floor(mm, start), vma_ceiling(mm, start),
                     &removed);
    spin_unlock(&mm->page_table.lock);
    tables_put(mm, &removed);
}

/*
 * Locks: mm->lock for writing. The areas of [start, end), whole ones, go, with their pages and
 * tables. What was promised to them is the caller's to settle: areas_charge, before.
 */
static void areas_take(struct mm_struct *mm, uint64_t start, uint64_t end,
                       struct list_head *closing)
{
    struct vm_area_struct *vma;

    unmap_page_range(mm, start, end);
    while ((vma = find_vma(mm, start)) != NULL && vma->start < end) {
        if (vma->flags & VMA_LOCKED)
            lock_forget(mm, vma);
        vma_remove(mm, vma);
        mm->area_bytes -= vma->end - vma->start;
        list_add(&vma->closing_link, closing);
    }
    tables_remove(mm, start, end);
}

/* Locks: mm->lock for writing. Splits areas at the edges. 0, or -ENOMEM and nothing changed. */
static int areas_isolate(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    int error = area_split(mm, start);

    if (!error)
        error = area_split(mm, end);
    if (error)
        areas_merge(mm, start, end);
    return error;
}

int map_page_range(struct mm_struct *mm, const struct area_request *request,
                   struct list_head *closing)
{
    uint64_t start = request->start, end = request->end;
    struct vm_area_struct *vma;
    int error = 0;

    if (closing)
        error = areas_isolate(mm, start, end);
    else if (vma_ceiling(mm, start) < end)
        error = -EEXIST;
    if (error)
        return error;
    error = area_make(mm, request, &vma);
    if (!error) {
        error = area_charge(mm, vma);
        if (error)
            area_close(vma);
    }
    if (!error) {
        if (closing)
            areas_take(mm, start, end, closing);
        error = vma_insert(mm, vma);
        assert(error == 0);
        mm->area_bytes += end - start;
    } else if (closing) {
        areas_merge(mm, start, end);
    }
    return error;
}

int areas_remove(struct mm_struct *mm, uint64_t start, uint64_t end, struct list_head *closing)
{
    int error = areas_isolate(mm, start, end);

    if (error)
        return error;
    mm_uncharge(mm, areas_charge(mm, start, end, 0));
    areas_take(mm, start, end, closing);
    return 0;
}

void areas_close(struct list_head *closing)
{
    struct list_head *link, *after;

    list_for_each_safe (link, after, closing)
        area_close(container_of(link, struct vm_area_struct, closing_link));
}
