/* The list of vm_objects that have dirty pages; see dirty.h. */
#include "vm/cache/dirty.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "thread/thread.h"
#include "vm/replacement/rmap.h"

static struct {
    struct spinlock lock; /* RANK_FS: guards the rest */
    struct list_head list; /* objects, in the order of dirty_since */
    uint64_t moment;       /* the dirty_since that was given last */
} dirty = {.lock = SPINLOCK("dirty objects", RANK_FS), .list = LIST_HEAD_INIT(dirty.list)};
static uint64_t dirty_total; /* atomic */

/* Locks: the object's. */
void dirty_add(struct vm_object *object)
{
    __atomic_fetch_add(&dirty_total, 1, __ATOMIC_RELAXED);
    if (object->dirty_count++ > 0)
        return;
    spin_lock(&dirty.lock);
    object->dirty_since = ++dirty.moment;
    list_add_tail(&object->dirty_link, &dirty.list);
    spin_unlock(&dirty.lock);
}

/* Locks: the object's. */
void dirty_remove(struct vm_object *object)
{
    __atomic_fetch_sub(&dirty_total, 1, __ATOMIC_RELAXED);
    if (--object->dirty_count > 0)
        return;
    spin_lock(&dirty.lock);
    list_del_init(&object->dirty_link);
    spin_unlock(&dirty.lock);
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

uint64_t object_dirty_total(void)
{
    return __atomic_load_n(&dirty_total, __ATOMIC_RELAXED);
}

struct vm_object *object_dirty_after(uint64_t *since)
{
    struct vm_object *object, *found = NULL;

    spin_lock(&dirty.lock);
    list_for_each_element(object, &dirty.list, dirty_link) {
        if (object->dirty_since > *since) {
            *since = object->dirty_since;
            object->ops->get(object);
            found = object;
            break;
        }
    }
    spin_unlock(&dirty.lock);
    return found;
}

int object_throttle(struct vm_object *object)
{
    struct vm_object *oldest;
    uint64_t since = 0;
    int error;

    if (__builtin_expect(object_dirty_total() <= frame_managed / 8, 1))
        return 0;
    if (object->dirty_count > 0 || !(oldest = object_dirty_after(&since)))
        return object->ops->write_back(object);
    do { /* if one cannot be written, the next one is tried */
        error = oldest->ops->write_back(oldest);
        oldest->ops->put(oldest);
    } while (error && error != -EINTR && (oldest = object_dirty_after(&since)) != NULL);
    return error == -EINTR ? error : 0;
}

int object_sync_all(void)
{
    uint64_t since = 0, end;
    struct vm_object *object;
    int first_error = 0;

    spin_lock(&dirty.lock);
    end = dirty.moment;
    spin_unlock(&dirty.lock);
    while (since < end && (object = object_dirty_after(&since)) != NULL) {
        int error = thread_is_interrupted() ? -EINTR : object->ops->write_back(object);

        object->ops->put(object);
        if (error && !first_error)
            first_error = error;
    }
    return first_error;
}
