/*
 * Areas that show a vm_object: faults on them, and finding them again from the object's side. Chapter
 * "Memory Mapping".
 *
 * A page of the object is mapped only with its page lock held, after its owner and the object's size
 * were looked at; so truncation, which removes pages under the same lock, never misses a mapping.
 */
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "mmu/tlb.h"
#include "sync/printf.h"
#include "vm/anon.h"
#include "vm/mm.h"
#include "vm/page_lock.h"
#include "vm/vma.h"

/* Asks handle_page_fault to read the page at index. Locks: the mm lock for reading. */
static enum fault_result want_page(struct vm_fault *fault, uint64_t index)
{
    struct vm_object *object = fault->vma->object;

    object->ops->get(object);
    fault->object = object;
    fault->index = index;
    return FAULT_WANT_PAGE;
}

/* Gives page, with its reference, to the fault for the next round. */
static enum fault_result want_lock(struct vm_fault *fault, struct page *page)
{
    if (fault->page)
        page_put(fault->page);
    fault->page = page;
    return FAULT_WANT_LOCK;
}

/* A read of a whole page: the cached page itself, never writable. */
static enum fault_result map_cached_page(struct vm_fault *fault)
{
    struct vm_area_struct *vma = fault->vma;
    struct vm_object *object = vma->object;
    uint64_t index = (vma->offset + (fault->va - vma->start)) >> PAGE_SHIFT;
    struct page *page = object_find_page(object, index);
    enum fault_result result = FAULT_RETRY;
    pte_t entry;

    if (!page)
        return want_page(fault, index);
    if (!page_test(page, PAGE_UPTODATE)) {
        page_put(page);
        return want_page(fault, index);
    }
    if (!page_trylock(page))
        return want_lock(fault, page);
    if (page->owner == object && index << PAGE_SHIFT < object->size) {
        entry = pte_make_user(page_pfn(page), vma->access & ~(uint64_t)ACCESS_WRITE);
        __atomic_fetch_add(&page->counts, PAGE_MAPPED_REF, __ATOMIC_ACQ_REL);
        result = fault_install(fault, entry);
        if (result != FAULT_OK)
            page_put_many(page, PAGE_MAPPED_REF);
    }
    page_unlock(page);
    page_put(page);
    if (result == FAULT_OK) {
        update_vm_stats(VM_STAT_FAULT_FILE, 1);
        if (vma->access & ACCESS_EXEC)
            flush_instructions(&fault->mm->page_table);
    }
    return result;
}

/*
 * The first bytes of the page at fault->va, as far as they are the object's, into data; the rest zero.
 * FAULT_OK, or FAULT_WANT_PAGE for a source page that is not cached.
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
        uint64_t bytes = PAGE_SIZE - (at & PAGE_MASK);

        if (bytes > left)
            bytes = left;
        if (!page || !page_test(page, PAGE_UPTODATE)) {
            if (page)
                page_put(page);
            return want_page(fault, at >> PAGE_SHIFT);
        }
        memcpy(data, (uint8_t *)page_va(page) + (at & PAGE_MASK), bytes);
        page_put(page);
        data += bytes;
        at += bytes;
        left -= bytes;
    }
    return FAULT_OK;
}

/* A store, or a page of which only a part is the object's: a private copy. */
static enum fault_result map_private_copy(struct vm_fault *fault)
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
    result = anon_page_install(fault, page);
    if (result == FAULT_OK)
        update_vm_stats(VM_STAT_FAULT_FILE, 1);
    return result;
}

static int object_fault(struct vm_area_struct *vma, struct vm_fault *fault)
{
    if (fault->access != ACCESS_WRITE && vma_maps_whole_page(vma, fault->va))
        return map_cached_page(fault);
    return map_private_copy(fault);
}

static void object_open(struct vm_area_struct *vma)
{
    struct vm_object *object = vma->object;

    object->ops->get(object);
    sleeplock_acquire(&object->vma_lock);
    list_add_tail(&vma->object_link, &object->vmas);
    sleeplock_release(&object->vma_lock);
}

static void object_close(struct vm_area_struct *vma)
{
    struct vm_object *object = vma->object;

    sleeplock_acquire(&object->vma_lock);
    list_del(&vma->object_link);
    sleeplock_release(&object->vma_lock);
    object->ops->put(object);
}

const struct vm_operations_struct object_vm_ops = {
    .open = object_open,
    .close = object_close,
    .fault = object_fault,
};

/* Unmaps page from one area, if it is there. Locks: the page's, object->vma_lock. */
static void unmap_from_area(struct vm_area_struct *vma, struct page *page)
{
    struct page_table *table = &vma->mm->page_table;
    uint64_t at = page->index << PAGE_SHIFT;
    uint64_t va = vma->start + (at - vma->offset);
    bool found = false;
    pte_t *slot;

    if (at < vma->offset || at - vma->offset >= vma->file_bytes)
        return;
    spin_lock(&table->lock);
    slot = find_page_table(table, va);
    if (slot && pte_shows(pte_load(slot), page_pfn(page))) {
        pte_swap(table, va, slot, 0);
        found = true;
    }
    spin_unlock(&table->lock);
    if (!found)
        return;
    flush_tlb_entry(table, va);
    __atomic_fetch_sub(&vma->mm->resident, 1, __ATOMIC_RELAXED);
    page_put_many(page, PAGE_MAPPED_REF);
}

void object_unmap_page(struct vm_object *object, struct page *page)
{
    struct list_head *at;

    sleeplock_acquire(&object->vma_lock);
    list_for_each (at, &object->vmas)
        unmap_from_area(container_of(at, struct vm_area_struct, object_link), page);
    sleeplock_release(&object->vma_lock);
}
