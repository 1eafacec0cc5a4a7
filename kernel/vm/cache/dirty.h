/*
 * Which vm_objects have dirty pages, and writing those back. An object is on the list while it has
 * some; the list is in the order in which they became dirty, and stays so, whatever is tried in
 * vain: so each sync finds all that were dirty when it began, however many others write meanwhile.
 */
#ifndef VM_DIRTY_H
#define VM_DIRTY_H

#include "vm/cache/object.h"

void dirty_init(void); /* at boot */

/* One page more, one less. Locks: the object's. */
void dirty_add(struct vm_object *object);
void dirty_remove(struct vm_object *object);

/*
 * The object that is dirty longest, of those that became so after moment *since, which is then
 * its. With a use; or NULL. Never sleeps.
 */
struct vm_object *object_dirty_after(uint64_t *since);
/* Pages that are dirty now, in all objects. */
uint64_t object_dirty_total(void);
/*
 * A writer's duty, holding nothing: while more than an eighth of the frames is dirty, its own
 * object is written back first, or, where that is clean, the one that is dirty longest, of those
 * that can be written: else many small files would fill memory. Sleeps. 0 or -errno.
 */
int object_throttle(struct vm_object *object);
/* Writes back every object that is dirty now. Sleeps; holds nothing. 0 or the first -errno. */
int object_sync_all(void);

#endif
