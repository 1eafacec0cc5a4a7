/*
 * Areas of an address space, with their pages and promises: made, split, joined, removed. Chapter
 * "Memory Mapping". The tree that they lie in is vm/mapping/vma.c's.
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
#include "thread/thread.h"
#include "vm/extra/quota.h"
#include "vm/faults/anon.h"
#include "vm/faults/file_map.h"
#include "vm/mapping/mm.h"
#include "vm/mapping/vma.h"
#include "vm/swapping/swap.h"

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

/*
 * Tables of unreserved areas are charged when they are built, by the frame; so only the others
 * share theirs. Where tables are promised up to, from vma or below it, and from where on.
 */
static uint64_t promised_below(struct vm_area_struct *vma)
{
    while (vma && (vma->flags & VMA_UNRESERVED))
        vma = vma_prev(vma);
    return vma_floor(vma);
}

static uint64_t promised_from(struct vm_area_struct *vma)
{
    while (vma && (vma->flags & VMA_UNRESERVED))
        vma = vma_next(vma);
    return vma_ceiling(vma);
}

/* The tables of [start, end), where the areas outside range, and up to below, need theirs. */
static inline int64_t range_tables(struct mm_struct *mm, uint64_t start, uint64_t end,
                                   uint64_t below, const struct vma_range *range)
{
    uint64_t from = promised_from(range->above);

    return (int64_t)tables_needed(mm->page_table.levels, start, end, below, from);
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
 * Locks: mm->lock for writing. What is promised no more when the areas of range, whole ones, go and
 * so many others come. What a stack may grow to stays promised.
 */
static struct commit areas_charge(struct mm_struct *mm, const struct vma_range *range,
                                  uint32_t coming)
{
    uint64_t below = promised_below(range->below);
    uint32_t count = mm->vma_count + coming;
    struct commit sum = {0, 0};

    for (struct vm_area_struct *vma = range->first; vma != range->above;
         vma = vma_next(vma), count--) {
        if (vma->flags & VMA_WIRED) {
            sum.pages += lock_charge(vma).pages;
            sum.unswappable += lock_charge(vma).unswappable;
        }
        if (vma->flags & VMA_UNRESERVED)
            continue;
        if (vma_is_charged(vma) && !(vma->flags & VMA_STACK))
            sum.pages += (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);
        sum.unswappable += range_tables(mm, vma->start, vma->end, below, range);
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

void area_close(struct vm_area_struct *vma)
{
    if (vma->ops)
        vma->ops->close(vma);
    kmem_free(vma);
}

/* An area, opened, but in no tree yet. 0, -ENOMEM, -ETXTBSY. */
static int area_make(struct mm_struct *mm, const struct vma_range *range,
                     const struct area_request *request, struct vm_area_struct **out)
{
    struct vm_area_struct *vma = area_alloc(mm);
    unsigned flags = request->flags;
    int error = 0;

    if (!vma)
        return -ENOMEM;
    if (!(flags & VMA_SHARED))
        flags |= (commit_always ? VMA_UNRESERVED : 0u) |
                 (request->access & ACCESS_WRITE ? VMA_CHARGED : 0u);
    vma->start = range->start;
    vma->end = range->end;
    vma->access = (uint16_t)request->access;
    vma->access_max = (uint16_t)request->access_max;
    vma->flags = flags;
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

/* Locks: mm->lock for writing. Promises what vma needs more than the areas of its range. */
static int area_charge(struct mm_struct *mm, const struct vm_area_struct *vma,
                       const struct vma_range *range)
{
    struct commit amount = next_area_charge(mm);

    if (range->first != range->above) {
        struct commit freed = areas_charge(mm, range, 1);

        amount = (struct commit){-freed.pages, -freed.unswappable};
    }
    if (!(vma->flags & VMA_UNRESERVED))
        amount.unswappable += range_tables(mm, range->start, range->end,
                                           promised_below(range->below), range);
    if (vma_is_charged(vma))
        amount.pages += (int64_t)((range->end - range->start) >> PAGE_SHIFT);
    return mm_charge(mm, amount);
}

int areas_lock(struct mm_struct *mm, const struct vma_range *range)
{
    struct commit charge = {0, 0};
    struct vm_area_struct *vma;
    int error;

    for (vma = range->first; vma != range->above; vma = vma_next(vma)) {
        struct commit one = lock_charge(vma);

        if (vma->flags & VMA_WIRED)
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
    for (vma = range->first; vma != range->above; vma = vma_next(vma))
        if (!(vma->flags & VMA_WIRED))
            vma->flags |= VMA_WIRED | VMA_LOCKING;
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
    if (!(vma->flags & VMA_WIRED))
        return;
    lock_forget(mm, vma);
    mm_uncharge(mm, lock_charge(vma));
    vma->flags &= ~(unsigned)VMA_WIRED;
}

int stack_grow(struct mm_struct *mm, uint64_t va)
{
    struct vm_area_struct *vma;
    struct vma_range range;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    vma_find_range(mm, va, va + PAGE_SIZE, &range);
    vma = range.above;
    if (vma && (vma->flags & VMA_STACK) && va >= mm->stack_limit) {
        /* The pages were promised with the limit; only tables can be new. */
        if (!(vma->flags & VMA_UNRESERVED))
            error = mm_charge(mm, (struct commit){
                .unswappable = range_tables(mm, va, vma->start, promised_below(range.below),
                                            &range)});
        if (!error) {
            mm->area_bytes += vma->start - va;
            vma_resize(vma, va, vma->end);
        }
    }
    rwlock_write_release(&mm->lock);
    return error;
}

/* Locks: mm->lock for writing. So much of vma, which is listed, is its object's. Sleeps. */
static void area_set_bytes(struct vm_area_struct *vma, uint64_t bytes)
{
    if (!vma->object || bytes == vma->file_bytes)
        return;
    sleeplock_acquire(&vma->object->vma_lock);
    vma->file_bytes = bytes;
    sleeplock_release(&vma->object->vma_lock);
}

/*
 * Locks: mm->lock for writing. Makes the part of vma from at on an area of its own. 0, -ENOMEM.
 * The new one is listed before the old one shrinks: a look for a page's mappings meanwhile finds
 * them in one of the two, or in both.
 */
static int area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at)
{
    struct vm_area_struct *upper = area_alloc(mm);
    struct vma_range range = {.below = vma, .above = vma_next(vma)};
    uint64_t into = at - vma->start;
    int error;

    if (!upper)
        return -ENOMEM;
    error = mm_charge(mm, next_area_charge(mm));
    if (error) {
        kmem_free(upper);
        return error;
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
        if (!error)
            vma_find_range(mm, start, end, range);
    }
    if (!error && range->last->end > end) {
        error = area_split(mm, range->last, end);
        if (!error)
            range->above = vma_next(range->last);
    }
    if (error)
        areas_merge(mm, start, end);
    return error;
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

/* Locks: mm->lock for writing. Makes two areas, each or NULL, one where that is possible. */
static inline bool area_join(struct mm_struct *mm, struct vm_area_struct *lower,
                             struct vm_area_struct *upper)
{
    if (!lower || !upper || !areas_alike(lower, upper))
        return false;
    vma_remove(mm, upper);
    mm_uncharge(mm, next_area_charge(mm));
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

/* Locks: the page table's. */
static void __attribute__((noinline)) swap_entry_drop(struct mm_struct *mm, pte_t *ptep)
{
    swp_entry_t entry = pte_swap_slot(pte_load(ptep));

    san_assert(pte_kind(pte_load(ptep)) == PTE_SWAP);
    pte_set(ptep, 0);
    swap_slot_put(entry);
    __atomic_fetch_sub(&mm->swapped, 1, __ATOMIC_RELAXED);
}

/*
 * Locks: the page table's. Empties entries from *va on, until end, a table's end, or a full batch.
 */
static void unmap_entries(struct mm_struct *mm, struct tlb_batch *batch, pte_t *ptep, uint64_t *va,
                          uint64_t end, uint64_t *unmapped)
{
    uint64_t full = *va + (TLB_BATCH_PAGES - batch->count) * PAGE_SIZE;
    uint64_t stop = leaf_table_end(*va, end < full ? end : full);
    struct page **next = &batch->page[batch->count];
    struct quota *quota = mm->quota;
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
            if (__builtin_expect(quota != NULL, 0))
                quota_forget(mm, at);
        } else if (__builtin_expect(entry != 0, 0)) {
            swap_entry_drop(mm, ptep);
        }
    }
    *unmapped += (uint64_t)(next - &batch->page[batch->count]);
    batch->count = (uint32_t)(next - batch->page);
    tlb_batch_note(batch, *va, at);
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
        pte_t *ptep = NULL;

        tlb_batch_begin(&batch, table);
        spin_lock(&table->lock);
        while (batch.count < TLB_BATCH_PAGES && (ptep = pte_next(table, &va, end)) != NULL)
            unmap_entries(mm, &batch, ptep, &va, end, &unmapped);
        spin_unlock(&table->lock);
        tlb_batch_finish(&batch);
        more = ptep != NULL;
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
    if (__atomic_load_n(&mm->stack_limit, __ATOMIC_ACQUIRE) != 0) /* else fork is filling them */
        page_table_drop_empty(&mm->page_table, &removed);
    spin_unlock(&mm->page_table.lock);
    tables_put(mm, &removed);
    rwlock_write_release(&mm->lock);
}

/*
 * Locks: mm->lock for writing. Frees the tables that only range, now without areas, needed.
 */
static void tables_remove(struct mm_struct *mm, const struct vma_range *range)
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

/*
 * Locks: mm->lock for writing. The areas of range, whole ones, go, with their pages and tables.
 * What was promised to them is the caller's to settle: areas_charge, before.
 */
static void areas_take(struct mm_struct *mm, struct vma_range *range, struct list_head *closing)
{
    thread_note_act();
    unmap_page_range(mm, range->start, range->end);
    while (range->first != range->above) {
        struct vm_area_struct *vma = range->first;

        if (vma->flags & VMA_WIRED)
            lock_forget(mm, vma);
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
        mm_uncharge(mm, areas_charge(mm, &range, 0));
        areas_take(mm, &range, closing);
    }
    return error;
}

void areas_close(struct list_head *closing)
{
    struct list_head *link, *after;

    list_for_each_safe (link, after, closing)
        area_close(container_of(link, struct vm_area_struct, closing_link));
}
