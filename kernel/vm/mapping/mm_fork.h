/*
 * fork's half of an address space. Chapter "Page Fault Handling", copy-on-write.
 */
#pragma once

#include "vm/mapping/mm.h"

/*
 * Copies parent into child, which is new, empty, and of the same family: no thread runs in it.
 * parent->lock is held for writing all the while; child's is not needed. In this order:
 *
 *  1. The child is charged what the parent is, less what mlock made of it (which is not inherited)
 *     and less the root table, which it was charged when it was made. Then it gets a like quota
 *     (rules->inherit), and the fields area_bytes, stack_limit, heap_start, heap_end and name.
 *  2. Each area is copied and opened. Entries of private areas are copied, too, with tables for
 *     them: a frame gets a reference and a map count, a slot of swap a use, and no entry of the two
 *     allows stores any more. Shared areas are left to faults.
 *     A kill is looked for before each area and each leaf table.
 *  3. is_ready, also after an error in 2: from now on others may free the child's empty tables.
 *  4. If the parent lost a write permission, its translations are fenced. The child's quota counts
 *     the pages that came (rules->forked). This, too, is done after an error in 2.
 *
 * Returns: 0, -ENOMEM, -EINTR (a kill): then the caller puts the child.
 * Locks: none.
 * Sleeps.
 */
int mm_fork(struct mm_struct *parent, struct mm_struct *child);
