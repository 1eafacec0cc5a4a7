/*
 * The two lists of pages that the whole system shares: of files, and of memory. Chapter "Page
 * Replacement". A page is on one of them at most (PAGE_ON_LRU), and on none while it is under a
 * quota. Which page goes is a matter of the policy (replacement/policy.h) that was chosen at boot.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/page.h"
#include "sync/spinlock.h"
#include "vm/replacement/policy.h"

struct page_lru {
    struct spinlock lock; /* RANK_LRU: guards the list */
    struct lru_list list;
};

extern struct page_lru file_lru; /* pages of files */
extern struct page_lru anon_lru; /* private pages, and pages of shared memory */

void lru_init(const struct lru_ops *ops);
/* stamp: what the page's slot remembers of it, or 0. Unless it is on that list already. */
void add_to_lru(struct page_lru *lru, struct page *page, uint32_t stamp);
/* Those that are on it. */
void remove_all_from_lru(struct page_lru *lru, struct page *const page[], uint32_t count);
static inline void remove_from_lru(struct page_lru *lru, struct page *page) /* if it is on it */
{
    remove_all_from_lru(lru, &page, 1);
}
/*
 * The page that the policy wants to know of next, with a reference and its lock; NULL: the list is
 * empty, or *looks is 0. One that is locked by another thread is in use: it goes to where new pages
 * are. Each takes one of *looks, and counts VM_STAT_SCAN.
 */
struct page *get_lru_page(struct page_lru *lru, uint64_t *looks);
/*
 * Tells the policy whether that page was used since it was looked at last: accessed, unless force
 * says that pages in use go, too. True: it is to go; it is off the list, and *stamp is to be kept
 * with its slot. If it cannot go, it has to be added again. With debug=used, in SAN builds, every
 * page counts as accessed, as if they were used faster than they are looked at.
 */
bool judge_lru_page(struct page_lru *lru, struct page *page, bool accessed, bool force,
                    uint32_t *stamp);
