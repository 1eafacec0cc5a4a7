/* Areas that map a vm_object. See vm/faults/file_map.c. */
#pragma once

#include "vm/mapping/vma.h"

extern const struct vm_operations_struct object_vm_ops;
