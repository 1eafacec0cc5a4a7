/*
 * Getting frames back. Chapter "Page Replacement". Clean pages of files that nobody maps are
 * dropped, the caches of the file system shrunk; where the caller may wait, mappings are looked at
 * and undone, memory goes to swap, and dirty pages are written. The pager, a thread, does so before
 * frames run out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void reclaim_init(void);
int reclaim_start(void); /* the pager. 0 or -ENOMEM */
/* The hook of mem/: see frame_reclaim_hook. */
uint64_t reclaim_frames(uint64_t wanted, bool may_wait);
/* Everything that can go: writes back, drops, trims. Sleeps; holds nothing. */
void reclaim_all(void);

/*
 * Pages that may go. Of all sources, each is asked for a share by its length: files, anonymous
 * pages, and the pages of quotas, which vm/extra fills in at boot.
 */
struct page_source {
    /* Pages that it has now. Never sleeps. */
    uint64_t (*length)(void);
    /*
     * Looks at so many pages at most, and lets those go that its policy names, until wanted frames
     * are free. force: pages in use go, too.
     * Returns: how many frames are free by it, or will be when they are written.
     * Sleeps; holds nothing.
     */
    uint64_t (*shrink)(uint64_t wanted, uint64_t looks, bool force);
};
enum { SOURCE_FILES, SOURCE_ANON, SOURCE_QUOTAS, SOURCES };
extern struct page_source page_sources[SOURCES]; /* constant after boot */

#define SHRINK_ALL UINT64_MAX
/*
 * fs/ sets it: shrinks its caches, for a need of frames or VMSTAT_DROP.
 * wanted: frames of all memory, of which the caches give their share. SHRINK_ALL: all that can
 * go; then it may sleep. Returns frames freed.
 */
extern uint64_t (*shrink_caches_hook)(uint64_t wanted);
