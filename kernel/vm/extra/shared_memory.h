/* Shared anonymous memory: a vm_object without a name, charged once, for all its mappings. */
#ifndef VM_SHARED_MEMORY_H
#define VM_SHARED_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct vm_object;

/*
 * bytes of zeros, with one use. 0, or -ENOMEM where it cannot be promised. unreserved: charged by
 * touch.
 */
int shared_memory_create(uint64_t bytes, bool unreserved, struct vm_object **out);

#endif
