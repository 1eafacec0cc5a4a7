/*
 * The page lock: a flag in struct page; its waiters sleep in hashed queues. It guards a page's
 * owner, index and contents against truncation, I/O and eviction. RANK_PAGE: at most one by
 * waiting.
 */
#pragma once

#include <stdbool.h>

#include "mem/page.h"
#include "sync/lockorder.h"
#include "sync/printf.h"
#include "sync/race.h"

void page_lock_init(void);
void page_lock(struct page *page);      /* Sleeps. The caller has a reference. */
void page_wait_writeback(struct page *page); /* Sleeps until PAGE_WRITEBACK is clear. */
void page_end_writeback(struct page *page);  /* clears it and wakes. Interrupt handlers too. */
void page_wake(struct page *page) __attribute__((cold)); /* what waits for one of its flags */

/* Any context: clears flag; wakes whoever waits for this page. */
static inline void page_clear_and_wake(struct page *page, enum page_flag flag)
{
    uint32_t before =
        __atomic_fetch_and(&page->flags, ~(uint32_t)(flag | PAGE_WAITERS), __ATOMIC_ACQ_REL);

    assert(before & flag);
    if (__builtin_expect(before & PAGE_WAITERS, 0))
        page_wake(page);
}

static inline bool page_trylock(struct page *page)
{
    if (page_set(page, PAGE_LOCKED))
        return false;
    lockorder_note(RANK_PAGE, page, "page"); /* a try cannot deadlock: the order is not asked */
    return true;
}

static inline void page_unlock(struct page *page) /* by the thread that locked it */
{
    lockorder_release(RANK_PAGE, page);
    page_clear_and_wake(page, PAGE_LOCKED);
    race_lock_dropped();
}
