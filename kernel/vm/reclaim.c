/* Getting frames back from the caches. See vm/reclaim.h. */
#include "vm/reclaim.h"

#include "mem/frame.h"
#include "mem/kmem.h"
#include "mem/vm_stat.h"
#include "sync/printf.h"
#include "thread/kstack.h"
#include "vm/lru.h"
#include "vm/object.h"
#include "vm/page_lock.h"
#include "vm/vmstat.h"

#define MAX_SHRINKERS 8u
#define DROP_ROUNDS 3u /* dropped pages free inodes, inodes free slabs, and so on */

static uint64_t (*shrinkers[MAX_SHRINKERS])(bool all);
static uint32_t shrinker_count;

void reclaim_init(void)
{
    frame_reclaim_hook = reclaim_frames;
}

void shrinker_register(uint64_t (*shrink)(bool all))
{
    assert(shrinker_count < MAX_SHRINKERS);
    shrinkers[shrinker_count++] = shrink;
}

/* Locks: the page's. Asks the policy, and drops the page where that says so and it can go. */
static bool judge_and_drop(struct page *page)
{
    bool accessed = page_clear_flag(page, PAGE_REFERENCED);
    uint32_t stamp;

    if (!judge_lru_page(&file_lru, page, accessed, &stamp))
        return false;
    if (object_drop_locked(page))
        return true;
    if (page->owner)
        add_to_lru(&file_lru, page, 0);
    return false;
}

/* Looks at each cached page twice at most: a page that was used lately gets another round. */
static uint64_t drop_file_pages(uint64_t wanted)
{
    uint64_t looks = 2 * lru_length(&file_lru) + 1;
    uint64_t freed = 0;
    struct page *page;

    while (freed < wanted && looks-- > 0 && (page = get_lru_page(&file_lru)) != NULL) {
        if (page_trylock(page)) {
            freed += judge_and_drop(page);
            page_unlock(page);
        } else {
            rotate_lru_page(&file_lru, page); /* in use */
        }
        page_put(page);
    }
    update_vm_stats(VM_STAT_EVICT_CLEAN, freed);
    return freed;
}

uint64_t reclaim_frames(uint64_t wanted, bool may_write)
{
    uint64_t freed = drop_file_pages(wanted);

    for (uint32_t i = 0; i < shrinker_count && freed < wanted; i++)
        freed += shrinkers[i](false);
    if (freed == 0 && may_write) {
        object_sync_all();
        freed = drop_file_pages(wanted);
    }
    return freed;
}

void reclaim_all(void)
{
    for (unsigned round = 0; round < DROP_ROUNDS; round++) {
        object_sync_all();
        for (uint32_t i = 0; i < shrinker_count; i++)
            shrinkers[i](true);
        drop_file_pages(UINT64_MAX);
        kmem_trim();
    }
    kstack_trim(true);
    frame_drain_lists();
}
