/* Small objects of up to 2,048 bytes, in slabs of one frame each (class FRAME_SLAB). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* bytes <= 2048; flags: enum frame_flag. Returns: zeroed memory, aligned to 16; or NULL. */
void *kmem_alloc(size_t bytes, unsigned flags);
bool kmem_free(void *object); /* or NULL. Never sleeps. Returns: was a frame freed, too? */
void kmem_trim(void);         /* frees empty slabs */
void kmem_init(void);         /* at boot */
