/*
 * The page lock: a flag in struct page whose waiters sleep in hashed queues. It guards a page's
 * owner, index and contents against truncation, I/O and eviction. RANK_PAGE: at most one by
 * waiting.
 */
#ifndef VM_PAGE_LOCK_H
#define VM_PAGE_LOCK_H

#include <stdbool.h>

#include "mem/page.h"

void page_lock_init(void);
void page_lock(struct page *page);      /* Sleeps. The caller has a reference. */
bool page_trylock(struct page *page);
void page_unlock(struct page *page);    /* by the thread that locked it */
void page_wait_writeback(struct page *page); /* Sleeps until PAGE_WRITEBACK is clear. */
void page_end_writeback(struct page *page);  /* clears it and wakes. Interrupt handlers too. */

#endif
