/*
 * Pages of objects are found, or made and filled. Chapter "Memory Mapping".
 *
 * A page that is read brings others along: a run of new pages, which no other thread can have
 * locked. All are in the tree before the size of the object is looked at, and stay locked until
 * they are filled or removed: so truncation finds each of them, and waits.
 */
#include "vm/cache/object_read.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "sync/race.h"
#include "thread/page_lock.h"
#include "thread/thread.h"

static uint32_t reading; /* atomic: threads that hold pages until the disk has filled them */

/*
 * The page at index with a reference and its lock; or a new one, locked and not up to date. When a
 * page's lock was waited for, the page may have been removed meanwhile: look again.
 */
static int page_find_or_create(struct vm_object *object, uint64_t index, enum read_advice advice,
                               struct page **out)
{
    int error = -EEXIST;

    while (error == -EEXIST) {
        struct page *page = object_find_page(object, index);

        if (page) {
            page_lock(page);
            if (page->owner == object) {
                *out = page;
                return 0;
            }
            page_unlock_put(page);
            continue;
        }
        error = object->ops->swap_in ? object->ops->swap_in(object, index, advice) : 0;
        if (!error)
            error = object_add_page(object, index, 0, out);
    }
    return error;
}

/*
 * Adds new pages, locked, after page[0], up to `most` in all or the first that is in the tree.
 * Locks: page[0]'s. Returns: how many pages there are, page[0] among them.
 */
static uint32_t run_begin(struct vm_object *object, struct page *page[], uint32_t most)
{
    uint64_t first = page[0]->index;
    uint32_t count = 1;

    while (count < most && (first + count) << PAGE_SHIFT < object->size) {
        race_window(); /* the size is looked at again once the page is in the tree */
        if (object_add_page(object, first + count, FRAME_NOWAIT, &page[count]) != 0)
            break;
        count++;
    }
    return count;
}

/*
 * The first `filled` pages are up to date; the others are removed again. Releases all
 * but page[0]. Locks: the pages'.
 */
static void run_end(struct vm_object *object, struct page *const page[], uint32_t count,
                    uint32_t filled)
{
    for (uint32_t i = 1; i < count; i++) {
        if (i < filled)
            page_set(page[i], PAGE_UPTODATE | PAGE_AHEAD);
        else
            object_remove_page(object, page[i]);
        page_unlock_put(page[i]);
    }
}

/* Reads page[0] from the disk, and others along with it. Locks: page[0]'s. 0 or -EIO. */
static int run_read(struct vm_object *object, struct page *page[], enum read_advice advice)
{
    uint32_t count = run_begin(object, page, read_ahead_size(&object->ahead, advice));
    int filled = object->ops->read_pages(object, page, count);

    if (filled < 0 && count > 1) { /* perhaps one of the others cannot be read */
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

/* Fills the page; if that fails it is removed. Locks: the page's. 0 or -EIO. */
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
        object_remove_page(object, page);
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

int object_lock_page(struct vm_object *object, uint64_t index, bool whole,
                     enum read_advice advice, struct page **out)
{
    struct page *page;
    int error = page_find_or_create(object, index, advice, &page);

    if (error)
        return error;
    page_set(page, PAGE_REFERENCED);
    object_page_wanted(object, page);
    if (!page_test(page, PAGE_UPTODATE) && !whole)
        error = page_fill(object, page, advice);
    if (error)
        page_unlock_put(page);
    else
        *out = page;
    return error;
}

int object_read_page(struct vm_object *object, uint64_t index, enum read_advice advice,
                     struct page **out)
{
    const uint32_t ready = PAGE_UPTODATE | PAGE_REFERENCED;
    struct page *page = object_find_page(object, index);
    int error;

    if (page) {
        *out = page;
        if ((__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) & ready) == ready)
            return 0;
        page_put(page);
    }
    error = object_lock_page(object, index, false, advice, out);
    if (!error)
        page_unlock(*out);
    return error;
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

