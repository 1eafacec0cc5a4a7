/*
 * SAN=1: counts the frames and small objects in use by the place in the code that allocated them,
 * so that a leak is found by file and line. A place is the return address of a call of frame_alloc,
 * alloc_pages or kmem_alloc.
 */
#pragma once

#ifdef SAN
#include <stdint.h>

#include "mem/page.h"

/* Remembers how many each place has now. One caller at a time; other threads may allocate. */
void owners_mark(void);
/* Prints a line for each place that has more, or fewer, than at the last owners_mark(). */
void owners_print_changes(void);

/* mem/kmem.c: calls use for each object in use of the slab, with the place that allocated it. */
void kmem_for_each_object(struct page *slab, void (*use)(uint32_t bytes, uint32_t site));
#endif
