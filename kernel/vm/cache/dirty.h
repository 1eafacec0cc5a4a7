/*
 * Dirty pages: which object has some, and when they are written back. Chapter "Memory Mapping".
 *
 *     dirty list   [object A] -> [object B] -> [object C]   in the order of becoming dirty
 *     dirty_since      3             7             8        moment = 8, the latest
 *     dirty_count      2             1             5        object_dirty_total() = 8
 *
 * An object is on the list while its dirty_count is above 0. It joins at the end when its first
 * page becomes dirty, and leaves when its last one is clean; a failed attempt to write it does not
 * move it. So a sync that remembers `moment` as it begins, and walks the list up to there, meets
 * all objects that were dirty then, however many become dirty meanwhile.
 *
 * A page is dirty from object_dirty_page to object_clean_page. Mappings may store into a file's
 * page only while it is dirty. To clean it, first the flag is cleared, then every mapping loses its
 * write permission, then the frame is written to the disk. A store before the second step is part
 * of what is written; one after it faults, and the fault makes the page dirty again.
 *
 * Writers help when too much is dirty: object_throttle(). The flusher (fs/writeback.c) does the
 * rest.
 */
#pragma once

#include "vm/cache/object.h"

/*
 * Marks page dirty and up to date. It must lie within the object's size. Locks: the page's.
 */
void object_dirty_page(struct vm_object *object, struct page *page);
/*
 * Before page is written to the disk: clears PAGE_DIRTY, and takes the write permission from every
 * mapping. Locks: the page's. Sleeps. Returns: was it dirty?
 */
bool object_clean_page(struct vm_object *object, struct page *page);
/* Returns: the first dirty page at or after index from, with a reference; or NULL. Never sleeps. */
struct page *object_next_dirty(struct vm_object *object, uint64_t from);

/* The object has one dirty page more, or one less. Locks: the object's. */
void dirty_add(struct vm_object *object);
void dirty_remove(struct vm_object *object);

/*
 * Returns: the first object of the list with dirty_since above *since, with a use, and its
 * dirty_since in *since; or NULL. Never sleeps.
 */
struct vm_object *object_dirty_after(uint64_t *since);
/* Returns: dirty pages, of all objects. */
uint64_t object_dirty_total(void);
/*
 * Every writer calls this first. While more than an eighth of the frames is dirty, it writes back
 * its own object; or, if that has no dirty page, the object that is dirty longest (the next one if
 * that cannot be written), or else many small files would fill memory.
 * Locks: none held. Sleeps. Returns: 0 or -errno.
 */
int object_throttle(struct vm_object *object);
/*
 * Writes back every object that is dirty now. Locks: none held. Sleeps.
 * Returns: 0, or the first -errno.
 */
int object_sync_all(void);
