/* Shared anonymous memory: a vm_object without a name, charged once, for all its mappings. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct vm_object;

/*
 * Makes an object of so many bytes, all zero, with one use. unreserved: its pages are charged when
 * they are touched first, instead of now. Returns: 0, or -ENOMEM: it cannot be charged.
 */
int shared_memory_create(uint64_t bytes, bool unreserved, struct vm_object **out);

/* All its pages that are in swap come back. Sleeps; holds nothing. 0 or -errno. */
int shared_memory_bring_back(struct vm_object *object);
