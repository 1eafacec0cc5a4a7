/*
 * The pages of vm_objects: find, read, dirty, clean, remove. Chapter "Memory Mapping".
 *
 * What always holds: a page in the tree of an object has that object as owner, its index, and a
 * reference from the tree; it is on file_lru, or, of shared memory, on anon_lru. A page leaves the
 * tree only under its page lock, so owner and index are stable for the holder of that lock. New
 * references to a page that its object alone refers to are taken under the object's lock only.
 *
 * A page that is read brings others along: new ones, which nobody else can have locked. All are in
 * the tree before the size of the object is looked at, and locked until they are filled or removed:
 * so truncation finds each of them, and waits.
 */
#include "vm/cache/object.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/dirty.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/rmap.h"
#include "vm/swapping/swap.h"

static uint32_t reading; /* atomic: threads that hold pages until the disk has filled them */

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

static struct page_lru *lru_of(const struct vm_object *object)
{
    return object->is_anonymous ? &anon_lru : &file_lru;
}

static struct page *find_locked(struct vm_object *object, uint64_t index)
{
    struct page *page = page_tree_find(&object->pages, index);

    if (page)
        page_get(page);
    return page;
}

static inline struct page *find_page(struct vm_object *object, uint64_t index)
{
    struct page *page;

    spin_lock(&object->lock);
    page = find_locked(object, index);
    spin_unlock(&object->lock);
    return page;
}

struct page *object_find_page(struct vm_object *object, uint64_t index)
{
    return find_page(object, index);
}

/* A page for index, not in the tree yet. 0, -ENOMEM, or -EDQUOT: it cannot be promised. */
static int page_create(struct vm_object *object, uint64_t index, unsigned flags,
                       struct page **out)
{
    struct commit one = {.pages = 1};
    struct page *page;

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
    *out = page;
    return 0;
}

/* The slot of a page of shared memory that is out, + 1, or 0. */
static uint32_t find_slot(struct vm_object *object, uint64_t index)
{
    uint32_t slot = 0;

    if (object->is_anonymous) {
        spin_lock(&object->lock);
        slot = page_tree_find_slot(&object->pages, index);
        spin_unlock(&object->lock);
    }
    return slot;
}

/*
 * Locks: the page's, which has the content of slot. It becomes the object's page at index again,
 * unless the object does not show the slot there any more: false.
 */
static bool page_return(struct vm_object *object, uint64_t index, struct page *page, uint32_t slot)
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
        return false;
    page_set(page, PAGE_UPTODATE);
    swap_cache_claim(page);
    swap_slot_put(page_swap_slot(page));
    add_to_lru(&anon_lru, page, 0);
    update_vm_stats(VM_STAT_REFAULT, 1);
    return true;
}

/*
 * Brings the page at index back from slot, where that was seen. The slot may be another's by now:
 * then what is found or fails is not the object's. 0: look again; -ENOMEM, -EIO. Sleeps.
 */
static int object_swap_in(struct vm_object *object, uint64_t index, uint32_t slot,
                          enum read_advice advice)
{
    struct page *page;
    int error;

    race_window();
    page = swap_find_page((swp_entry_t){slot - 1});
    error = page ? 0 : read_from_swap((swp_entry_t){slot - 1}, advice, &page);
    if (error == -EAGAIN || (error == -EIO && find_slot(object, index) != slot))
        return 0;
    if (error < 0)
        return error;
    page_lock(page);
    page_return(object, index, page, slot);
    page_unlock(page);
    page_put(page);
    return 0;
}

void object_swap_out(struct vm_object *object, struct page *page)
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

int object_bring_back(struct vm_object *object)
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

/* Gives up the slots of pages that are out. Nobody else has the object any more. */
static void release_slots(struct vm_object *object)
{
    uint64_t index = 0;

    while (page_tree_next_slot(&object->pages, &index)) {
        uint32_t slot = page_tree_find_slot(&object->pages, index);

        page_tree_remove(&object->pages, index);
        swap_slot_put((swp_entry_t){slot - 1});
    }
}

/*
 * A new page, locked, becomes the one at index. 0 and *out; -EEXIST, -ENOMEM or -EDQUOT. Flags: of
 * frame_alloc.
 */
static int page_add(struct vm_object *object, uint64_t index, unsigned flags, struct page **out)
{
    struct page *page;
    int error = page_create(object, index, flags, &page);

    if (error)
        return error;
    page_trylock(page); /* nobody else has it */
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
        page_unlock(page);
        page_put(page);
        return error;
    }
    add_to_lru(lru_of(object), page, 0);
    *out = page;
    return 0;
}

/*
 * The page at index with a reference and its lock, or a new one, locked and not up to date. A page
 * that another thread had locked may have been removed when its lock is ours: look again.
 */
static int page_find_or_create(struct vm_object *object, uint64_t index, enum read_advice advice,
                               struct page **out)
{
    int error = -EEXIST;

    while (error == -EEXIST) {
        struct page *page = object_find_page(object, index);
        uint32_t slot = page ? 0 : find_slot(object, index);

        if (page) {
            page_lock(page);
            if (page->owner == object) {
                *out = page;
                return 0;
            }
            page_unlock(page);
            page_put(page);
        } else if (slot) {
            int failed = object_swap_in(object, index, slot, advice);

            if (failed)
                return failed;
        } else {
            error = page_add(object, index, 0, out);
        }
    }
    return error;
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

/* Locks: the page's. Takes it out of its object; the reference of the tree is dropped. */
static void page_remove(struct vm_object *object, struct page *page)
{
    uint32_t promised = page->reserved;

#ifdef SAN
    check_unmapped(page);
#endif
    if (page->slot)
        swap_cache_remove(page, 0); /* of memory, where DIRTY is about the slot and not counted */
    if (object_clean_page(object, page) && promised && object->ops->release_reserved) {
        page->reserved = 0;
        object->ops->release_reserved(object, promised);
    }
    spin_lock(&object->lock);
    page_tree_remove(&object->pages, page->index);
    object->page_count--;
    page->owner = NULL;
    spin_unlock(&object->lock);
    remove_from_lru(lru_of(object), page);
    page_put(page);
}

/*
 * Locks: page[0]'s. New pages, locked, for those after it that are not cached. Returns: how many
 * there are, page[0] among them.
 */
static uint32_t run_begin(struct vm_object *object, struct page *page[], uint32_t most)
{
    uint64_t first = page[0]->index;
    uint32_t count = 1;

    while (count < most && (first + count) << PAGE_SHIFT < object->size) {
        race_window(); /* the size is looked at again once the page is in the tree */
        if (page_add(object, first + count, FRAME_NOWAIT, &page[count]) != 0)
            break;
        count++;
    }
    return count;
}

/* Locks: those of the pages. The first `filled` are what the object holds, the others nothing. */
static void run_end(struct vm_object *object, struct page *const page[], uint32_t count,
                    uint32_t filled)
{
    for (uint32_t i = 1; i < count; i++) {
        if (i < filled)
            page_set(page[i], PAGE_UPTODATE | PAGE_AHEAD);
        else
            page_remove(object, page[i]);
        page_unlock(page[i]);
        page_put(page[i]);
    }
}

/* Locks: page[0]'s. Reads it, and others along with it. 0 or -EIO. */
static int run_read(struct vm_object *object, struct page *page[], enum read_advice advice)
{
    uint32_t count = run_begin(object, page, read_ahead_size(&object->ahead, advice));
    int filled = object->ops->read_pages(object, page, count);

    if (filled < 0 && count > 1) { /* it may have been one of the others */
        run_end(object, page, count, 1);
        count = 1;
        filled = object->ops->read_pages(object, page, 1);
    }
    if (filled < 0)
        return filled;
    if (advice != READ_RANDOM) {
        spin_lock(&object->lock);
        read_ahead_note(&object->ahead, (uint32_t)page[0]->index,
                        (uint32_t)page[0]->index + (uint32_t)filled);
        spin_unlock(&object->lock);
    }
    run_end(object, page, count, (uint32_t)filled);
    return 0;
}

/* Locks: the page's. Fills it; where that fails the page is removed. */
static int page_fill(struct vm_object *object, struct page *page, enum read_advice advice)
{
    struct page *run[READ_AHEAD_MAX] = {page};
    int error = 0;

    if (object->ops->read_pages) {
        __atomic_fetch_add(&reading, 1, __ATOMIC_RELAXED);
        error = run_read(object, run, advice);
        __atomic_fetch_sub(&reading, 1, __ATOMIC_RELAXED);
    } else {
        page_clear(page_va(page));
    }
    if (error)
        page_remove(object, page);
    else
        page_set(page, PAGE_UPTODATE);
    return error;
}

bool objects_are_read(void)
{
    return __atomic_load_n(&reading, __ATOMIC_RELAXED) != 0;
}

void object_page_wanted(struct vm_object *object, struct page *page)
{
    if (!page_test(page, PAGE_AHEAD) || !page_clear_flag(page, PAGE_AHEAD))
        return;
    spin_lock(&object->lock);
    read_ahead_used(&object->ahead);
    spin_unlock(&object->lock);
}

/* As object_lock_page; reads as advised. */
static int lock_page(struct vm_object *object, uint64_t index, bool whole, enum read_advice advice,
                     struct page **out)
{
    struct page *page;
    int error = page_find_or_create(object, index, advice, &page);

    if (error)
        return error;
    page_set(page, PAGE_REFERENCED);
    object_page_wanted(object, page);
    if (!page_test(page, PAGE_UPTODATE) && !whole) {
        error = page_fill(object, page, advice);
        if (error) {
            page_unlock(page);
            page_put(page);
            return error;
        }
    }
    *out = page;
    return 0;
}

int object_lock_page(struct vm_object *object, uint64_t index, bool whole, struct page **out)
{
    return lock_page(object, index, whole, READ_NORMAL, out);
}

/* object_read_page where the page is absent, or does not say yet that it is up to date and used. */
static int __attribute__((cold)) read_page_locked(struct vm_object *object, uint64_t index,
                                                  enum read_advice advice, struct page **out)
{
    int error = lock_page(object, index, false, advice, out);

    if (!error)
        page_unlock(*out);
    return error;
}

int object_read_page(struct vm_object *object, uint64_t index, enum read_advice advice,
                     struct page **out)
{
    const uint32_t ready = PAGE_UPTODATE | PAGE_REFERENCED;
    struct page *page = find_page(object, index);

    if (!page)
        return read_page_locked(object, index, advice, out);
    if ((__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) & ready) != ready) {
        page_put(page);
        return read_page_locked(object, index, advice, out);
    }
    *out = page;
    return 0;
}

void object_read_ahead(struct vm_object *object, uint64_t index, uint64_t count)
{
    uint64_t end = index + count;

    for (; index < end && frame_free_now() > frame_managed / 16; index++) {
        struct page *page;

        if (index << PAGE_SHIFT >= object->size || thread_is_interrupted() ||
            object_read_page(object, index, READ_SEQUENTIAL, &page) != 0)
            return;
        page_put(page);
    }
}

void object_dirty_page(struct vm_object *object, struct page *page)
{
    san_assert(page_test(page, PAGE_LOCKED) && page->owner == object);
    san_assert(page->index << PAGE_SHIFT < object->size); /* else it has no place on the disk */
    page_set(page, PAGE_UPTODATE);
    if (page_set(page, PAGE_DIRTY))
        return;
    spin_lock(&object->lock);
    if (object->dirty_count == 0 || page->index < object->clean_below)
        object->clean_below = page->index;
    dirty_add(object);
    spin_unlock(&object->lock);
}

bool object_clean_page(struct vm_object *object, struct page *page)
{
    san_assert(page_test(page, PAGE_LOCKED) && page->owner == object);
    if (!page_clear_flag(page, PAGE_DIRTY))
        return false;
    spin_lock(&object->lock);
    dirty_remove(object);
    spin_unlock(&object->lock);
    /*
     * A store before this is in the frame that is written next; one after it faults, and dirties.
     */
    race_window();
    if (page_maps(page))
        rmap_write_protect(page);
    race_window();
    return true;
}

struct page *object_next_dirty(struct vm_object *object, uint64_t from)
{
    struct page *page = NULL;
    bool is_first;

    spin_lock(&object->lock);
    is_first = from <= object->clean_below;
    if (object->dirty_count)
        page = page_tree_next(&object->pages, is_first ? object->clean_below : from);
    while (page && !page_test(page, PAGE_DIRTY))
        page = page_tree_next(&object->pages, page->index + 1);
    if (page && is_first)
        object->clean_below = page->index;
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

/* Removes all pages from index on. */
static void remove_pages(struct vm_object *object, uint64_t index)
{
    struct page *page;

    while ((page = object_next_page(object, index)) != NULL) {
        page_lock(page);
        if (page->owner == object) {
            if (object->is_anonymous)
                page_wait_writeback(page);
            else /* of files, write-back has the inode, or at least a use of it */
                assert(!page_test(page, PAGE_WRITEBACK));
            if (page_maps(page))
                rmap_unmap(page, true);
            page_remove(object, page);
        }
        page_unlock(page);
        page_put(page);
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
    page_unlock(page);
    page_put(page);
}

void object_destroy(struct vm_object *object)
{
    assert(list_empty(&object->vmas));
    remove_pages(object, 0);
    release_slots(object);
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
