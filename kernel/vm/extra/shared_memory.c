/*
 * Shared anonymous memory: a vm_object with pages in memory and in swap. It hangs on vm_object_ops.
 *
 * What always holds: uses counts the areas and faults that use it. All its pages are charged when
 * it is created, and released by the last put, with the pages. While a page is in swap the tree has
 * its slot in the page's place, which counts as one use of the slot.
 */
#include "vm/extra/shared_memory.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mem/vm_stat.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/object_read.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mmap.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/rmap.h"
#include "vm/swapping/swap_io.h"

struct shared_memory {
    struct vm_object object;
    uint32_t uses; /* atomic */
    struct commit charged;
};

static struct shared_memory *memory_of(struct vm_object *object)
{
    return container_of(object, struct shared_memory, object);
}

static void memory_get(struct vm_object *object)
{
    __atomic_fetch_add(&memory_of(object)->uses, 1, __ATOMIC_RELAXED);
}

/* The slot at index, + 1; 0: none, or a page is there. */
static uint32_t memory_slot(struct vm_object *object, uint64_t index)
{
    uint32_t slot;

    spin_lock(&object->lock);
    slot = page_tree_find_slot(&object->pages, index);
    spin_unlock(&object->lock);
    return slot;
}

/*
 * page becomes the object's page at index again, if it has the slot and the object still has that
 * slot there. Locks: the page's.
 */
static void page_return(struct vm_object *object, uint64_t index, struct page *page, uint32_t slot)
{
    bool returns;

    spin_lock(&object->lock);
    returns = page->slot == slot && page_tree_find_slot(&object->pages, index) == slot;
    if (returns) {
        page_tree_replace(&object->pages, index, page, 0);
        object->page_count++;
        page->owner = object;
        page->index = index;
        page_get(page);
    }
    spin_unlock(&object->lock);
    if (!returns)
        return;
    page_set(page, PAGE_UPTODATE);
    swap_cache_claim(page);
    swap_slot_put(page_swap_slot(page));
    add_to_lru(&anon_lru, page, 0);
    update_vm_stats(VM_STAT_REFAULT, 1);
}

/*
 * vm_object_ops.swap_in. While no lock is held the slot may pass to another user: then the page
 * that is found, or the error, is not the object's.
 */
static int memory_swap_in(struct vm_object *object, uint64_t index, enum read_advice advice)
{
    uint32_t slot = memory_slot(object, index);
    struct page *page;
    int error;

    if (!slot)
        return 0;
    race_window();
    page = swap_find_page((swp_entry_t){slot - 1});
    error = page ? 0 : read_from_swap((swp_entry_t){slot - 1}, advice, &page);
    if (error == -EAGAIN || (error == -EIO && memory_slot(object, index) != slot))
        return -EEXIST;
    if (error < 0)
        return error;
    page_lock(page);
    page_return(object, index, page, slot);
    page_unlock_put(page);
    return -EEXIST;
}

/* vm_object_ops.swap_out. Locks: the page's. */
static void memory_swap_out(struct vm_object *object, struct page *page)
{
    rmap_unmap(page, false);
    if (page_maps(page) != 0)
        return;
    trace_of(0, TRACE_EVICT, page->index << PAGE_SHIFT, page_pfn(page).number,
             (page->flags & PAGE_DIRTY) != 0);
    spin_lock(&object->lock);
    swap_slot_get(page_swap_slot(page));
    page_tree_replace(&object->pages, page->index, NULL, page_swap_slot(page).number);
    object->page_count--;
    page->owner = NULL;
    spin_unlock(&object->lock);
    page_put(page);
}

int shared_memory_bring_back(struct vm_object *object)
{
    uint64_t index = 0;
    int error = 0;

    while (!error) {
        struct page *page;
        bool found;

        if (thread_is_interrupted())
            return -EINTR;

        spin_lock(&object->lock);
        found = page_tree_next_slot(&object->pages, &index);
        spin_unlock(&object->lock);
        if (!found)
            break;
        error = object_read_page(object, index, READ_NORMAL, &page);
        if (!error)
            page_put(page);
        else if (error == -ENOMEM)
            error = frame_wait(); /* and then once more */
    }
    return error;
}

/* Gives up the slots of pages that are in swap. No other thread has the object. */
static void release_slots(struct vm_object *object)
{
    uint64_t index = 0;

    while (page_tree_next_slot(&object->pages, &index)) {
        uint32_t slot = page_tree_find_slot(&object->pages, index);

        page_tree_remove(&object->pages, index);
        swap_slot_put((swp_entry_t){slot - 1});
    }
}

static void memory_put(struct vm_object *object)
{
    struct shared_memory *memory = memory_of(object);

    if (__atomic_fetch_sub(&memory->uses, 1, __ATOMIC_ACQ_REL) > 1)
        return;
    object_destroy(object);
    release_slots(object);
    commit_release(memory->charged);
    kmem_free(memory);
}

static const struct vm_object_ops memory_ops = {
    .swap_in = memory_swap_in, .swap_out = memory_swap_out, .get = memory_get, .put = memory_put,
};

/* An object of so many bytes, charged, with one use. NULL: there is no memory for it. */
static struct vm_object *memory_create(uint64_t bytes, bool unreserved)
{
    struct shared_memory *memory = kmem_alloc(sizeof(*memory), 0);

    if (!memory)
        return NULL;
    object_init(&memory->object, &memory_ops, bytes);
    memory->object.is_anonymous = true;
    memory->object.is_unreserved = unreserved || commit_always;
    memory->uses = 1;
    memory->charged.unswappable = 1; /* for the object itself, and then some */
    memory->charged.pages = 0;
    if (!memory->object.is_unreserved)
        memory->charged.pages = (int64_t)(PAGE_ROUND_UP(bytes) >> PAGE_SHIFT);
    if (commit_charge(memory->charged) == 0)
        return &memory->object;
    kmem_free(memory);
    return NULL;
}

int shared_memory_map(struct mm_struct *mm, const struct map_request *request, uint64_t *start)
{
    uint64_t bytes = PAGE_ROUND_UP(request->length);
    struct map_request with_object = *request;
    int error = map_request_check(request);

    if (error)
        return error;
    with_object.object = memory_create(bytes, request->flags & MAP_NORESERVE);
    if (!with_object.object)
        return -ENOMEM;
    with_object.may_write = true;
    error = mm_map(mm, &with_object, start);
    with_object.object->ops->put(with_object.object); /* the area has a use of its own */
    return error;
}
