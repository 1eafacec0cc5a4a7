/*
 * fork's half of an address space. Chapter "Page Fault Handling", copy-on-write.
 */
#ifndef VM_MM_FORK_H
#define VM_MM_FORK_H

#include "vm/mapping/mm.h"

/*
 * Copies areas, page tables, charge and quota of parent into child, which is new, empty, and of the
 * same family. Private pages are shared, writable by neither, until one of the two writes. mlock is
 * not inherited.
 * Returns: 0, -ENOMEM, -EINTR (a kill): then the caller puts the child.
 * Locks: none.
 * Sleeps.
 */
int mm_fork(struct mm_struct *parent, struct mm_struct *child);

#endif
