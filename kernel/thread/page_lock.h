/*
 * The page lock: a sleeping lock that is one flag in struct page. Its holder may rely on the page's
 * owner and index, and on its not being truncated, read, written out or evicted.
 * RANK_PAGE: a thread waits for at most one page lock at a time; it may try for more.
 */
#pragma once

#include <stdbool.h>

#include "mem/page.h"
#include "sync/lockorder.h"
#include "sync/printf.h"
#include "sync/race.h"

void page_lock_init(void);
void page_lock(struct page *page);      /* Sleeps. The caller has a reference to page. */
void page_wait_writeback(struct page *page); /* Sleeps until PAGE_WRITEBACK is clear */
void page_end_writeback(struct page *page);  /* clears it, and wakes. Any context */
void page_wake(struct page *page) __attribute__((cold)); /* all that wait for its flags */

/* Clears flag, and wakes the threads that wait for this page. Any context. */
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
    lockorder_note(RANK_PAGE, page, "page"); /* a try cannot deadlock: no check of the order */
    return true;
}

static inline void page_unlock(struct page *page) /* by the thread that holds it */
{
    lockorder_release(RANK_PAGE, page);
    page_clear_and_wake(page, PAGE_LOCKED);
    race_lock_dropped();
}

static inline void page_unlock_put(struct page *page) /* and drops a reference */
{
    page_unlock(page);
    page_put(page);
}
