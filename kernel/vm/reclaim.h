/*
 * Getting frames back. Chapter "Page Replacement". Clean pages of files that nobody maps are
 * dropped, the caches of the file system shrunk; where the caller may wait, dirty pages are written
 * first.
 */
#ifndef VM_RECLAIM_H
#define VM_RECLAIM_H

#include <stdbool.h>
#include <stdint.h>

void reclaim_init(void);
/* The hook of mem/: see frame_reclaim_hook. */
uint64_t reclaim_frames(uint64_t wanted, bool may_write);
/* Everything that can go: writes back, drops, trims. Sleeps; holds nothing. */
void reclaim_all(void);

#endif
