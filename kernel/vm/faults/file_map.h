/* Areas that map a vm_object. See vm/faults/file_map.c. */
#pragma once

#include "vm/mapping/vma.h"

extern const struct vm_operations_struct object_vm_ops;

/*
 * Maps, for reading, those of the object's pages around fault->va that are ready. A table reaches
 * fault->va (fault->ptep). Returns: the number of pages mapped. Locks: the mm lock for reading.
 */
uint64_t object_map_around(struct vm_fault *fault);
