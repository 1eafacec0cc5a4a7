/*
 * SAN=1: which place in the code took each frame and each small object that is in use, so that a
 * leak can be told by file and line. A place is a return address: of frame_alloc, alloc_pages or
 * kmem_alloc.
 */
#ifndef MEM_OWNERS_H
#define MEM_OWNERS_H

#ifdef SAN
#include <stdint.h>

#include "mem/page.h"

/* Remembers how many each place has now. One caller at a time; others may go on meanwhile. */
void owners_mark(void);
/* Prints a line for each place that has more, or fewer, than at the last mark. */
void owners_print_changes(void);

/* For kmem.c, of which each object in use tells its place. */
void kmem_for_each_object(struct page *slab, void (*use)(uint32_t bytes, uint32_t site));
#endif

#endif
