/*
 * Areas: made, split, isolated, merged, removed. Chapter "Memory Mapping".
 *
 * A call on [start, end) changes whole areas. So it isolates first: areas that reach out of the
 * range are split at its edges, and what lies between below and above is all in it. Afterwards it
 * merges: neighbours that are alike become one again.
 *
 *     before       |      A       |   |      B      |            start and end lie within A and B
 *     isolated     |   A   |  A'  |   |   B  |  B'  |            first = A', last = B
 *                       start ^                ^ end             below = A,  above = B'
 *
 * Removed areas go onto a list, `closing`: to close one may end the last use of a file, which
 * wants an inode lock, and that is never taken together with an mm's.
 */
#pragma once

#include "vm/mapping/vma.h"

struct area_request {
    uint64_t access, access_max; /* ACCESS_... bits: now, and what mprotect may give */
    unsigned flags;              /* enum vma_flag */
    struct vm_object *object;    /* or NULL: anonymous memory */
    uint64_t offset, file_bytes; /* in bytes: where in the object; how much of it, then zeros */
};

/*
 * Makes an area of range, charges what it may need, and merges it with neighbours that are alike.
 * Nothing is mapped yet. With closing, the areas in range (isolated before) are removed, as
 * areas_remove does. With NULL the range must be empty.
 * Returns: 0, -ENOMEM, -EEXIST (closing is NULL, range is not empty), -ETXTBSY. Not 0: nothing
 *          has changed.
 * Locks: mm->lock for writing.
 * Sleeps.
 */
int map_page_range(struct mm_struct *mm, struct vma_range *range,
                   const struct area_request *request, struct list_head *closing);
/*
 * Removes [start, end): pages, page tables, charges, areas. The areas come onto closing, for
 * areas_close.
 * Returns: 0, or -ENOMEM (for a split): nothing has changed.
 * Locks: mm->lock for writing.
 * Sleeps.
 */
int areas_remove(struct mm_struct *mm, uint64_t start, uint64_t end, struct list_head *closing);
/*
 * Closes what areas_remove has put there, and frees it.
 * Locks: none.
 * Sleeps.
 */
void areas_close(struct list_head *closing);
/* The same for one area, which is in no tree. */
void area_close(struct vm_area_struct *vma);

/*
 * Splits the areas that reach out of [start, end). *range describes what is in it then; areas_merge
 * undoes it.
 * Returns: 0, or -ENOMEM: nothing has changed, and *range is worth nothing.
 * Locks: mm->lock for writing.
 * Sleeps.
 */
int areas_isolate(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range);
/*
 * Merges areas that are alike and touch, among those in [start, end] and their neighbours. Alike:
 * of the same access, access_max, flags and object; and of an object, the lower one is the object's
 * to its end, and the upper one goes on there. The lower one stays, the other is taken out of the
 * tree and closed. Each merge gives back what the area itself was charged (charge_of_next_area).
 * Locks: mm->lock for writing.
 * Sleeps.
 */
void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end);

/*
 * Is [start, end) covered by areas without a hole, which mprotect may give access?
 * Returns: 0, -ENOMEM (a hole), -EACCES.
 * Locks: mm->lock.
 */
int areas_allow(struct mm_struct *mm, uint64_t start, uint64_t end, uint64_t access);
