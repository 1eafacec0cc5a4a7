/*
 * Reading pages of objects: a page that is not in the tree is added and filled, by read_pages of
 * the object's operations, and pages after it come along as dev/read_ahead.h advises.
 *
 * A page that was read along carries PAGE_AHEAD until something asks for it.
 */
#pragma once

#include "vm/cache/object.h"

/*
 * The page at index, up to date; read if it is not in memory.
 * Locks: none but outer ones and the inode's; never the mm lock. Sleeps.
 * Returns: 0 and *out with a reference, not locked; -EIO, -ENOMEM, -EDQUOT.
 */
int object_read_page(struct vm_object *object, uint64_t index, enum read_advice advice,
                     struct page **out);

/*
 * The page at index, locked, to be written into. whole: the caller overwrites all of it, so it need
 * not be read, and may be not up to date.
 * Locks: as object_read_page. Sleeps.
 * Returns: 0 and *out with a reference and its lock; -EIO, -ENOMEM, -EDQUOT.
 */
int object_lock_page(struct vm_object *object, uint64_t index, bool whole,
                     enum read_advice advice, struct page **out);

/* Something asks for page, which was perhaps read ahead. Any context but interrupts. */
void object_page_wanted(struct vm_object *object, struct page *page);

/*
 * For advice: reads those of count pages from index on that are not in memory, until the object
 * ends, a read fails, or few frames are free. Sleeps.
 */
void object_read_ahead(struct vm_object *object, uint64_t index, uint64_t count);

/* Is the disk filling pages of any object now, which are locked for so long? */
bool objects_are_read(void);
