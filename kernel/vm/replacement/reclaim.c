/*
 * Getting frames back: from the caches, from files, from memory. See vm/replacement/reclaim.h.
 *
 * Files, memory and quotas give in proportion to what they have, a few looks at a time: so a stream
 * through a big file, where no page is used twice, goes at the expense of its own, for pages that
 * were used since they were looked at last are left alone. Unless that is so of all: pages may be
 * used faster than they are looked at, and what was charged must be available. Then some go anyway.
 */
#include "vm/replacement/reclaim.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mem/vm_stat.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "sync/trace.h"
#include "thread/kstack.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "thread/waitq.h"
#include "vm/cache/dirty.h"
#include "vm/cache/object.h"
#include "vm/cache/object_read.h"
#include "vm/mapping/unmap.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/page_out.h"
#include "vm/replacement/rmap.h"
#include "vm/swapping/swap_io.h"

#define DROP_ROUNDS 3u   /* dropped pages free inodes, inodes free slabs, and so on */
#define PAGER_BATCH 64u  /* frames that the pager asks for at a time */
#define TABLES_RATE 4u   /* times a second at most that empty page tables are looked for */
#define PAGER_PAUSE 50u  /* of a second: after nothing was found */

uint64_t (*shrink_caches_hook)(uint64_t wanted);

/* Ranked as a sleeping lock's guard, since allocation wakes the pager. */
static struct spinlock pager_lock = SPINLOCK("pager", RANK_SLEEPLOCK);
static struct waitq pager_wait = WAITQ(pager_wait, "pager");
static bool pager_is_wanted;       /* under pager_lock */

static uint64_t shrink_caches(uint64_t wanted)
{
    return shrink_caches_hook ? shrink_caches_hook(wanted) : 0;
}

/*
 * Locks: the page's. Asks the policy, and drops the page of a file where that says so and it can
 * go. may_sleep: mappings may be looked at, and undone. force: pages in use go, too.
 */
static bool judge_and_drop(struct page *page, bool may_sleep, bool force)
{
    struct vm_object *object = page->owner;
    bool used;
    uint32_t stamp;

    if (!object)
        return false; /* it was removed just now */
    used = (page_maps(page) != 0 && !may_sleep) || rmap_accessed(page);
    if (!judge_lru_page(&file_lru, page, used, force, &stamp))
        return false;
    if (page_maps(page) != 0 && may_sleep && !page_test(page, PAGE_DIRTY | PAGE_WRITEBACK))
        rmap_unmap(page, false);
    if (object_drop_page(page)) {
        trace_of(0, TRACE_EVICT, page->index << PAGE_SHIFT, page_pfn(page).number, 0);
        return true;
    }
    add_to_lru(&file_lru, page, 0);
    return false;
}

static uint64_t drop_file_pages(uint64_t wanted, uint64_t looks, bool may_sleep, bool force)
{
    uint64_t freed = 0;
    struct page *page;

    while (freed < wanted && !thread_is_interrupted() &&
           (page = get_lru_page(&file_lru, &looks)) != NULL) {
        freed += judge_and_drop(page, may_sleep, force);
        page_unlock_put(page);
    }
    update_vm_stats(VM_STAT_EVICT_CLEAN, freed);
    return freed;
}

static uint64_t file_pages(void)
{
    return lru_list_length(&file_lru.list);
}

static uint64_t drop_files(uint64_t wanted, uint64_t looks, bool force)
{
    return drop_file_pages(wanted, looks, true, force);
}

static uint64_t anon_pages(void)
{
    return swap_is_on() ? lru_list_length(&anon_lru.list) : 0;
}

struct page_source page_sources[SOURCES] = {{file_pages, drop_files}, {anon_pages, page_out}};

/* Page tables that were emptied by all this; not more often than it pays. */
static void shrink_tables(void)
{
    static uint64_t next_time; /* atomic */
    uint64_t now = timer_now();
    struct mm_struct *mm;

    if (now < __atomic_load_n(&next_time, __ATOMIC_RELAXED))
        return;
    __atomic_store_n(&next_time, now + timer_frequency / TABLES_RATE, __ATOMIC_RELAXED);
    for_each_space(mm)
        tables_trim(mm);
}

/* Are there pages that cannot go now, but will when the disk has answered? */
static bool pages_will_go(void)
{
    return swap_is_writing() || objects_are_read();
}

/* Sleeps; holds nothing. */
static uint64_t reclaim_waiting(uint64_t wanted)
{
    bool will_go = pages_will_go(); /* before it is looked at them: it may be over afterwards */
    uint64_t length[SOURCES], all = 1;
    uint64_t from_caches = shrink_caches(wanted), freed = from_caches;

    for (unsigned i = 0; i < SOURCES; i++)
        all += length[i] = page_sources[i].length();
    /*
     * Double the looks each round, until every page was seen more than twice: once to clear its
     * mark, once to find it still clear. If none was found, one more round takes pages in use, too.
     */
    for (uint64_t looks = wanted; freed < wanted && looks < 4 * all && !thread_is_interrupted();
         looks *= 2) {
        bool force = looks >= 2 * all;

        if (force && freed > 0)
            break;
        for (unsigned i = 0; i < SOURCES && freed < wanted; i++) {
            /* Rounded up for files, so that a stream pays for itself. */
            uint64_t share = (looks * length[i] + (i == SOURCE_FILES ? all - 1 : 0)) / all + 1;

            freed += length[i] ? page_sources[i].shrink(wanted - freed, share, force) : 0;
        }
        if (freed == from_caches && looks > all / 4) { /* no page goes: the caches as they can */
            if (object_dirty_total() > 0)
                object_sync_all();
            freed += shrink_caches(frame_managed);
        }
    }
    shrink_tables();
    if (freed == 0 && (will_go || pages_will_go()) && !thread_is_interrupted()) {
        /* Others have taken what there was. */
        thread_sleep_until(timer_now() + timer_frequency / PAGER_PAUSE);
        freed = 1;
    }
    current_thread()->missed_frame &= freed > 0;
    return freed;
}

uint64_t reclaim_frames(uint64_t wanted, bool may_wait)
{
    uint64_t freed;

    if (may_wait)
        return reclaim_waiting(wanted);
    freed = drop_file_pages(wanted, 2 * lru_list_length(&file_lru.list) + 1, false, false);
    return freed > 0 ? freed : shrink_caches(frame_managed);
}

void reclaim_all(void)
{
    for (unsigned round = 0; round < DROP_ROUNDS; round++) {
        object_sync_all();
        drop_file_pages(UINT64_MAX, 3 * lru_list_length(&file_lru.list) + 1, true, true);
        shrink_caches(SHRINK_ALL);
        kmem_trim();
    }
    swap_drop_all_kept();
    kstack_trim(true);
    frame_drain_lists();
}

/* The hook of mem/: few frames are left. */
static void pager_wake(bool missed)
{
    current_thread()->missed_frame |= missed;
    if (__atomic_load_n(&pager_is_wanted, __ATOMIC_RELAXED))
        return;
    spin_lock(&pager_lock);
    pager_is_wanted = true;
    waitq_wake_one(&pager_wait);
    spin_unlock(&pager_lock);
}

/* The pager: keeps some frames free, so that others need not wait for the disk. */
static void pager(void)
{
    for (;;) {
        uint64_t freed = 1;

        lockorder_check(RANK_OUTER, NULL, "work for the pager");
        spin_lock(&pager_lock);
        while (!pager_is_wanted)
            waitq_sleep(&pager_wait, &pager_lock);
        pager_is_wanted = false;
        spin_unlock(&pager_lock);
        while (freed > 0 && frame_free_now() < frame_high)
            freed = reclaim_waiting(PAGER_BATCH);
        if (freed == 0)
            thread_sleep_until(timer_now() + timer_frequency / PAGER_PAUSE);
    }
}

/* The hook of mem/: the frames are free, and some are still on a list, or have slots. */
static void release_pages(struct page *const page[], uint32_t count)
{
    remove_all_from_lru(&anon_lru, page, count);
    for (uint32_t i = 0; i < count; i++)
        if (page[i]->slot)
            swap_cache_remove(page[i], 0);
}

void reclaim_init(void)
{
    frame_reclaim_hook = reclaim_frames;
    frame_release_hook = release_pages;
}

int reclaim_start(void)
{
    frame_low_hook = pager_wake;
    return thread_run("pager", pager);
}
