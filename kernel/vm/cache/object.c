/*
 * The pages of vm_objects: found, added, removed, cut off. Chapter "Memory Mapping".
 *
 * What always holds: a page in the tree of an object has that object as owner, its own index, and a
 * reference from the tree; it is on file_lru, or, if it is shared memory, on anon_lru. A page
 * leaves the tree only under its page lock, so owner and index are stable for the holder of that
 * lock. While only the object refers to a page, a new reference is taken under the object's lock.
 */
#include "vm/cache/object.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/dirty.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/rmap.h"
#include "vm/swapping/swap.h"

void object_init(struct vm_object *object, const struct vm_object_ops *ops, uint64_t size)
{
    memset(object, 0, sizeof(*object));
    spin_init(&object->lock, "object", RANK_OBJECT);
    sleeplock_init(&object->vma_lock, "object areas", RANK_FAMILY);
    list_init(&object->vmas);
    list_init(&object->dirty_link);
    object->ops = ops;
    object->size = size;
}

/* Which way does the area count in object->writers? */
static int32_t writers_in(const struct vm_area_struct *vma)
{
    if (vma->flags & VMA_IMAGE)
        return -1;
    return (vma->flags & VMA_SHARED) && (vma->access_max & ACCESS_WRITE);
}

/* Counts the area, unless the object has areas of the other kind. */
static bool count_area(struct vm_area_struct *vma)
{
    int32_t step = writers_in(vma);
    int32_t writers = __atomic_load_n(&vma->object->writers, __ATOMIC_RELAXED);

    do {
        if (writers * step < 0)
            return false;
    } while (!__atomic_compare_exchange_n(&vma->object->writers, &writers, writers + step, true,
                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return true;
}

int object_open(struct vm_area_struct *vma)
{
    struct vm_object *object = vma->object;

    if (!count_area(vma)) {
        if ((vma->flags & VMA_IMAGE) || (vma->access & ACCESS_WRITE))
            return -ETXTBSY;
        vma->access_max &= ~(uint64_t)ACCESS_WRITE; /* a program may be mapped, not written */
    }
    object->ops->get(object);
    sleeplock_acquire(&object->vma_lock);
    list_add_tail(&vma->object_link, &object->vmas);
    sleeplock_release(&object->vma_lock);
    return 0;
}

void object_close(struct vm_area_struct *vma)
{
    struct vm_object *object = vma->object;

    sleeplock_acquire(&object->vma_lock);
    list_del(&vma->object_link);
    sleeplock_release(&object->vma_lock);
    __atomic_fetch_sub(&object->writers, writers_in(vma), __ATOMIC_ACQ_REL);
    object->ops->put(object);
}

static struct page_lru *lru_of(const struct vm_object *object)
{
    return object->is_anonymous ? &anon_lru : &file_lru;
}

struct page *object_find_page(struct vm_object *object, uint64_t index)
{
    struct page *page;

    spin_lock(&object->lock);
    page = page_tree_find(&object->pages, index);
    if (page)
        page_get(page);
    spin_unlock(&object->lock);
    return page;
}

static struct page *object_next_page(struct vm_object *object, uint64_t from)
{
    struct page *page;

    spin_lock(&object->lock);
    page = page_tree_next(&object->pages, from);
    if (page)
        page_get(page);
    spin_unlock(&object->lock);
    return page;
}

int object_add_page(struct vm_object *object, uint64_t index, unsigned flags, struct page **out)
{
    struct commit one = {.pages = 1};
    struct page *page;
    int error;

    if (object->is_unreserved && commit_charge(one) != 0)
        return -EDQUOT;
    page = frame_alloc(object->is_anonymous ? FRAME_ANON : FRAME_FILE, flags);
    if (!page) {
        if (object->is_unreserved)
            commit_release(one);
        return -ENOMEM;
    }
    if (object->is_unreserved)
        page->flags = PAGE_CHARGED;
    page->index = index;
    page->owner = object;
    page->reserved = 0;
    page_trylock(page); /* no other thread has it */
    spin_lock(&object->lock);
    error = page_tree_find(&object->pages, index) || page_tree_find_slot(&object->pages, index)
                ? -EEXIST
                : page_tree_insert(&object->pages, index, page);
    if (!error) {
        object->page_count++;
        page_get(page);
    }
    spin_unlock(&object->lock);
    if (error) {
        page_unlock_put(page);
        return error;
    }
    add_to_lru(lru_of(object), page, 0);
    *out = page;
    return 0;
}

#ifdef SAN
/*
 * A page that leaves its object has no mappings. A munmap may have emptied the entry, and still be
 * about to fence.
 */
static void check_unmapped(struct page *page)
{
    uint64_t end = timer_now() + 10 * timer_frequency;

    while (page_maps(page) != 0) {
        if (timer_now() > end)
            panic("page %lu of an object was removed, and %u entries show it",
                  (unsigned long)page->index, page_maps(page));
        thread_yield();
    }
}
#endif

void object_remove_page(struct vm_object *object, struct page *page)
{
    uint32_t reserved = page->reserved;

#ifdef SAN
    check_unmapped(page);
#endif
    if (page->slot)
        swap_cache_remove(page, 0); /* shared memory: DIRTY is about the slot and not counted */
    if (object_clean_page(object, page) && reserved && object->ops->release_reserved) {
        page->reserved = 0;
        object->ops->release_reserved(reserved);
    }
    spin_lock(&object->lock);
    page_tree_remove(&object->pages, page->index);
    object->page_count--;
    page->owner = NULL;
    spin_unlock(&object->lock);
    remove_from_lru(lru_of(object), page);
    page_put(page);
}

/* Removes all pages from index on. */
static void remove_pages(struct vm_object *object, uint64_t index)
{
    struct page *page;

    while ((page = object_next_page(object, index)) != NULL) {
        page_lock(page);
        if (page->owner == object) {
            if (object->is_anonymous)
                page_wait_writeback(page);
            else /* writing a file's page back needs the inode, or at least a use of it */
                assert(!page_test(page, PAGE_WRITEBACK));
            if (page_maps(page))
                rmap_unmap(page, true);
            object_remove_page(object, page);
        }
        page_unlock_put(page);
    }
}

void object_truncate(struct vm_object *object, uint64_t size)
{
    struct page *page;

    remove_pages(object, (size + PAGE_MASK) >> PAGE_SHIFT);
    if (!(size & PAGE_MASK))
        return;
    page = object_find_page(object, size >> PAGE_SHIFT);
    if (!page)
        return;
    page_lock(page);
    if (page->owner == object && page_test(page, PAGE_UPTODATE))
        memset((uint8_t *)page_va(page) + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
    page_unlock_put(page);
}

void object_destroy(struct vm_object *object)
{
    assert(list_empty(&object->vmas));
    remove_pages(object, 0);
    assert(object->page_count == 0 && object->dirty_count == 0);
}

bool object_drop_page(struct page *page)
{
    struct vm_object *object = page->owner;
    bool dropped;

    if (!object || object->is_anonymous || page_test(page, PAGE_DIRTY | PAGE_WRITEBACK))
        return false;
    spin_lock(&object->lock);
    dropped = page_refs(page) == 2 && page_maps(page) == 0; /* the object's and the caller's */
    if (dropped) {
        page_tree_remove(&object->pages, page->index);
        page->owner = NULL;
        if (--object->page_count == 0)
            object->ops->emptied(object);
    }
    spin_unlock(&object->lock);
    if (dropped) {
        remove_from_lru(&file_lru, page);
        page_put(page);
    }
    return dropped;
}
