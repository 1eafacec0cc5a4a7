/*
 * Small objects, 16 to 2,048 bytes, in slabs of one frame (class FRAME_SLAB); more comes by frames.
 */
#ifndef MEM_KMEM_H
#define MEM_KMEM_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, aligned to 16, or NULL. bytes <= 2048. flags: enum frame_flag. */
void *kmem_alloc(size_t bytes, unsigned flags);
bool kmem_free(void *object); /* NULL is allowed. Never sleeps. Returns: it freed a frame. */
void kmem_trim(void);         /* gives empty slabs back */
void kmem_init(void);         /* at boot */

#endif
