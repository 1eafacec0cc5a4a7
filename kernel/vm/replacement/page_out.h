/*
 * Taking pages of memory out to swap. Chapter "Page Replacement".
 *
 * page_out() does this for one page after the other:
 *
 *     page = get_lru_page(&anon_lru)        the candidate of the policy, locked, with a reference
 *     consider_page()                       swap_drop_kept(): it was only read ahead, and is gone
 *         used?                             rmap_accessed()
 *         judge_lru_page()                  true: it is to go, and is off the list
 *         evict_page()                      a slot, every entry becomes it, a fence
 *         does it stay, or a mapping?       then it is added to the list again
 *     swap_batch_add() or page_put()        to be written, or not: either ends our reference
 *
 * evict_page() leaves a page alone if it is private and has no mapping any more, if something but
 * its mappings, its owner and we refers to it, or if there is no slot for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/page.h"

struct mm_struct;
struct swap_batch;

/*
 * Looks at so many pages of anon_lru at most, and lets go those that the policy names, until wanted
 * frames are free. Pages on their way to the disk count as free.
 * force: the policy is told that no page is in use.
 * Counts VM_STAT_SCAN for each look.
 * Returns: how many frames are free by it.
 * Sleeps; holds nothing.
 */
uint64_t page_out(uint64_t wanted, uint64_t looks, bool force);
/*
 * Takes the private page at va away from mm alone, for its quota. The caller's reference is
 * dropped, or goes with the page into batch, to be written. Waits for the page's lock while the
 * batch is empty; else, with pages in it that are on their way to the disk, tries it once.
 * Returns: 0; -EAGAIN: mm does not map the page at va, or it is wired, or another thread has its
 *          lock, or it cannot be written; -ENOMEM: there is no slot for any page.
 * Sleeps; holds nothing but the batch.
 */
int page_out_one(struct mm_struct *mm, uint64_t va, struct page *page, uint32_t stamp,
                 struct swap_batch *batch);
