/*
 * Areas that map a vm_object: faults on them, and the object's list of them.
 * Chapter "Memory Mapping".
 *
 * A page of the object is mapped only with its page lock held, after its owner and the object's
 * size were looked at; so truncation, which removes pages under the same lock, never misses a
 * mapping. To map it for readers only it is enough to see that nobody has that lock:
 * map_ready_pages.
 */
#include "lib/string.h"
#include "mem/vm_stat.h"
#include "mmu/tlb.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "vm/cache/object_read.h"
#include "vm/faults/anon.h"
#include "vm/faults/fault_wait.h"
#include "vm/faults/file_map.h"
#include "vm/mapping/vma.h"
#include "vm/swapping/swap.h"

#define AROUND_PAGES 16u /* one fault maps what is cached of an aligned window of that size */

static uint64_t index_of(const struct vm_area_struct *vma, uint64_t va)
{
    return (vma->offset + (va - vma->start)) >> PAGE_SHIFT;
}

/* Asks handle_page_fault to do want with the page at index. Locks: the mm lock for reading. */
static enum fault_result want_of_object(struct vm_fault *fault, uint64_t index,
                                        enum fault_result want)
{
    struct vm_object *object = fault->vma->object;

    object->ops->get(object);
    fault->object = object;
    fault->index = index;
    fault->advice = fault_advice(fault);
    return want;
}

/*
 * The page at fault->va has to be read. Tells the object's read-ahead which of the pages below it,
 * read ahead and mapped here along with others, have been used. Locks: the mm lock for reading.
 */
static void note_used_below(struct vm_fault *fault)
{
    struct vm_object *object = fault->vma->object;
    uint64_t below = (fault->va - fault->vma->start) >> PAGE_SHIFT;
    uint64_t in_table = fault->va % LEAF_TABLE_SPAN >> PAGE_SHIFT;
    pte_t *ptep = fault->ptep;

    if (below > in_table)
        below = in_table;
    if (below > READ_AHEAD_MAX)
        below = READ_AHEAD_MAX;
    spin_lock(&object->lock);
    spin_lock(&fault->mm->page_table.lock);
    for (; below > 0; below--) {
        pte_t entry = pte_load(--ptep);

        if (pte_allows(entry, ACCESS_READ) && pte_marked(entry, ACCESS_READ) &&
            page_clear_flag(pfn_page(pte_pfn(entry)), PAGE_AHEAD))
            read_ahead_used(&object->ahead);
    }
    spin_unlock(&fault->mm->page_table.lock);
    spin_unlock(&object->lock);
}

/*
 * The cached page for fault->va, locked and with a reference. It is up to date, still the object's,
 * and within its size. NULL: *why is the result of this round. Locks: the mm lock for reading.
 */
static struct page *cached_page_lock(struct vm_fault *fault, enum fault_result *why)
{
    struct vm_object *object = fault->vma->object;
    uint64_t index = index_of(fault->vma, fault->va);
    struct page *page = object_find_page(object, index);
    bool is_ready = page && page_test(page, PAGE_UPTODATE);

    if (is_ready && page_trylock(page)) {
        if (page->owner == object && index << PAGE_SHIFT < object->size)
            return page;
        page_unlock_put(page);
        *why = FAULT_RETRY;
    } else if (is_ready) {
        fault_keep(fault, page);
        *why = FAULT_WANT_LOCK;
    } else {
        if (page)
            page_put(page);
        note_used_below(fault);
        *why = want_of_object(fault, index, FAULT_WANT_PAGE);
    }
    return NULL;
}

/*
 * May a mapping of page be writable? Then no store through it goes unnoticed: a file's page is
 * dirty, a page of shared memory has no slot with its content. Locks: the page's.
 */
static bool page_takes_stores(const struct vm_area_struct *vma, const struct page *page)
{
    return (vma->flags & VMA_SHARED) && (vma->access & ACCESS_WRITE) &&
           (vma->object->is_anonymous ? page->slot == 0 : page_test(page, PAGE_DIRTY));
}

/* Locks: the page's. Its lock and our reference are given up once it is mapped. */
static enum fault_result bring_locked(struct vm_fault *fault, struct page *page)
{
    uint64_t access = fault->vma->access;

    if (!page_takes_stores(fault->vma, page))
        access &= ~(uint64_t)ACCESS_WRITE;
    __atomic_fetch_add(&page->counts, PAGE_MAPPED_REF, __ATOMIC_RELAXED);
    fault_hold(fault, page, true);
    return fault_bring(fault, page, pte_make_user(page_pfn(page), access), VM_STAT_FAULT_FILE);
}

/* Maps page (NULL: none is there) for reading, if it is ready. Locks: object's, page table's. */
static inline bool map_ready_page(const struct vm_area_struct *vma, pte_t *ptep, uint64_t va,
                                  struct page *page)
{
    uint32_t flags = page ? __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) : 0;
    pte_t entry;

    spin_assert_held(&vma->object->lock);
    spin_assert_held(&vma->mm->page_table.lock);
    if ((flags & (PAGE_UPTODATE | PAGE_LOCKED)) != PAGE_UPTODATE || pte_load(ptep) != 0 ||
        page->index << PAGE_SHIFT >= vma->object->size)
        return false;
    entry = pte_make_user(page_pfn(page), vma->access & ~(uint64_t)ACCESS_WRITE);
    if (__builtin_expect(vma->flags & VMA_WIRED, 0))
        entry = pte_wired(entry, true);
    if (__builtin_expect(flags & PAGE_AHEAD, 0))
        entry = pte_unused(entry); /* the next read will ask: see note_used_below */
    __atomic_fetch_add(&page->counts, PAGE_MAPPED_REF, __ATOMIC_RELAXED);
    tlb_check_code(&vma->mm->page_table, va, entry);
    pte_set(ptep, entry);
    trace_of(vma->mm->pid, TRACE_MAP, va, page_pfn(page).number,
             vma->flags & VMA_SHARED ? MAP_OF_SHARED : 0);
    return true;
}

/* Maps those of the window around fault->va that the area covers. Locks: as above. */
static uint64_t __attribute__((noinline)) map_ready_window(struct vm_fault *fault)
{
    struct vm_area_struct *vma = fault->vma;
    uint64_t va = fault->va & ~(AROUND_PAGES * PAGE_SIZE - 1);
    uint64_t end = va + AROUND_PAGES * PAGE_SIZE;
    uint64_t mapped = 0;
    pte_t *ptep;

    if (va < vma->start)
        va = vma->start;
    if (end > vma->start + PAGE_ROUND_DOWN(vma->file_bytes))
        end = vma->start + PAGE_ROUND_DOWN(vma->file_bytes);
    ptep = fault->ptep - ((fault->va - va) >> PAGE_SHIFT);
    while (va < end) {
        uint64_t run;
        void *const *place = page_tree_places(&vma->object->pages, index_of(vma, va), &run);

        for (; run > 0 && va < end; run--, ptep++, va += PAGE_SIZE)
            mapped += map_ready_page(vma, ptep, va, place ? page_of_place(*place++) : NULL);
    }
    return mapped;
}

/*
 * Maps the object's page for fault->va, if it is ready; and, unless the advice is RANDOM, its
 * neighbours. No page lock is taken. Code that holds that of a page, to take the page out of the
 * object,
 *   1. has yet to look for mappings under the page table's lock, and finds this one; or
 *   2. had set PAGE_LOCKED before we looked, under the same lock: then the page is left alone;
 *   3. and takes it out under the object's lock, which we hold, too.
 * Returns: is there an entry for fault->va now?
 */
static bool map_ready_pages(struct vm_fault *fault)
{
    struct vm_area_struct *vma = fault->vma;
    struct vm_object *object = vma->object;
    uint64_t mapped;
    bool is_there;

    spin_lock(&object->lock);
    spin_lock(&fault->mm->page_table.lock);
    if (vma->flags & VMA_RANDOM)
        mapped = map_ready_page(vma, fault->ptep, fault->va,
                                page_tree_find(&object->pages, index_of(vma, fault->va)));
    else
        mapped = map_ready_window(fault);
    is_there = pte_load(fault->ptep) != 0;
    spin_unlock(&fault->mm->page_table.lock);
    spin_unlock(&object->lock);
    __atomic_fetch_add(&fault->mm->resident, mapped, __ATOMIC_RELAXED);
    if (mapped > is_there)
        update_vm_stats(VM_STAT_FAULT_AROUND, mapped - is_there);
    return is_there;
}

/*
 * A read of a page that has to be brought, or waited for, or may be stored into at once. Others
 * around it are mapped first: while it is locked, map_ready_pages leaves the page itself alone.
 */
static enum fault_result __attribute__((noinline)) map_by_lock(struct vm_fault *fault)
{
    enum fault_result why;
    struct page *page = cached_page_lock(fault, &why);

    if (!page)
        return why;
    if (!(fault->vma->access & ACCESS_EXEC))
        map_ready_pages(fault);
    return bring_locked(fault, page);
}

/*
 * A read of a whole page: the cached page itself, and its neighbours. Code comes page by page: the
 * fence for it must lie between the end of a page's reading and its entry, and map_ready_pages
 * cannot fence under its spinlocks.
 */
static inline enum fault_result map_cached_page(struct vm_fault *fault)
{
    bool by_lock = (fault->vma->access & ACCESS_EXEC) ||
                   ((fault->vma->flags & VMA_SHARED) && (fault->vma->access & ACCESS_WRITE));

    if (by_lock || !map_ready_pages(fault))
        return map_by_lock(fault);
    mm_count(fault->mm, VM_STAT_FAULT_FILE);
    return FAULT_OK;
}

/*
 * A store into shared memory, or a shared file: the page must be dirty before it may be writable.
 */
static enum fault_result __attribute__((noinline)) map_for_store(struct vm_fault *fault)
{
    enum fault_result result;
    struct page *page = cached_page_lock(fault, &result);

    if (!page)
        return result;
    if (page->slot && page_test(page, PAGE_WRITEBACK)) {
        page_unlock(page);
        fault_keep(fault, page);
        return FAULT_WANT_LOCK; /* and the end of the write */
    }
    if (page->slot)
        swap_cache_remove(page, 0);
    if (!page_takes_stores(fault->vma, page))
        result = want_of_object(fault, page->index, FAULT_WANT_WRITABLE);
    else if (pte_kind(fault->old) == PTE_EMPTY)
        return bring_locked(fault, page);
    else
        result = pte_maps(fault->old, page_pfn(page)) ? fault_mark_entry(fault, true) : FAULT_RETRY;
    page_unlock_put(page);
    return result;
}

/*
 * The first bytes of the page at fault->va, as far as they are the object's, into data; the rest
 * zero. FAULT_OK, FAULT_PAST_END, or FAULT_WANT_PAGE for a source page that is not cached.
 */
static enum fault_result copy_from_object(struct vm_fault *fault, uint8_t *data)
{
    struct vm_area_struct *vma = fault->vma;
    uint64_t into = fault->va - vma->start;
    uint64_t left = vma->file_bytes - into < PAGE_SIZE ? vma->file_bytes - into : PAGE_SIZE;
    uint64_t at = vma->offset + into;

    memset(data + left, 0, PAGE_SIZE - left);
    while (left > 0) {
        struct page *page = object_find_page(vma->object, at >> PAGE_SHIFT);
        bool is_ready = page && page_test(page, PAGE_UPTODATE);
        bool is_inside = at < PAGE_ROUND_UP(vma->object->size); /* else the page may be new */
        uint64_t bytes = PAGE_SIZE - (at & PAGE_MASK);

        if (bytes > left)
            bytes = left;
        if (is_ready && is_inside) {
            object_page_wanted(vma->object, page);
            memcpy(data, (uint8_t *)page_va(page) + (at & PAGE_MASK), bytes);
        }
        if (page)
            page_put(page);
        if (!is_ready)
            return want_of_object(fault, at >> PAGE_SHIFT, FAULT_WANT_PAGE);
        if (!is_inside)
            return FAULT_PAST_END; /* it was cut off meanwhile */
        data += bytes;
        at += bytes;
        left -= bytes;
    }
    return FAULT_OK;
}

/* A store, or a page of which only a part is the object's: a private copy. */
static enum fault_result __attribute__((noinline)) map_private_copy(struct vm_fault *fault)
{
    enum fault_result result;
    struct page *page = anon_page_alloc(fault, 0, &result);

    if (!page)
        return result;
    result = copy_from_object(fault, page_va(page));
    if (result != FAULT_OK) {
        page_put_many(page, PAGE_MAPPED_REF);
        return result;
    }
    race_window();
    return anon_bring(fault, page, VM_STAT_FAULT_FILE);
}

static enum fault_result object_fault(struct vm_fault *fault, enum fault_kind kind)
{
    if (kind == FAULT_KIND_FILE_MAP)
        return map_cached_page(fault);
    return kind == FAULT_KIND_FILE_SHARE ? map_for_store(fault) : map_private_copy(fault);
}

const struct vm_operations_struct object_vm_ops = {
    .open = object_open,
    .close = object_close,
    .fault = object_fault,
};
