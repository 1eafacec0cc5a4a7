/* Areas that show a vm_object. See vm/faults/file_map.c. */
#pragma once

#include "vm/mapping/vma.h"

extern const struct vm_operations_struct object_vm_ops;

/*
 * Shows to readers what is ready of the object's pages about fault->va. Returns: how many pages.
 * Locks: the mm lock for reading. fault->slot is there.
 */
uint64_t object_map_around(struct vm_fault *fault);
