/* Shared anonymous memory: a vm_object without a name, charged once, for all its mappings. */
#pragma once

#include <stdint.h>

struct map_request;
struct mm_struct;
struct vm_object;

/*
 * mmap of shared memory: as mm_map, with a new object, all zero. MAP_NORESERVE: its pages are
 * charged when they are touched first, instead of now. Sleeps; holds nothing.
 */
int shared_memory_map(struct mm_struct *mm, const struct map_request *request, uint64_t *start);

/* All its pages that are in swap come back. Sleeps; holds nothing. 0 or -errno. */
int shared_memory_bring_back(struct vm_object *object);
