/* Taking pages of memory out to swap. Chapter "Page Replacement". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/page.h"

struct mm_struct;

/*
 * Looks at so many pages of anon_lru at most, and lets go those that the policy names, until wanted
 * frames are free. force: pages in use, too. Returns how many are. Sleeps; holds nothing.
 */
uint64_t page_out(uint64_t wanted, uint64_t looks, bool force);
/*
 * Takes the private page at va away from mm alone, for its quota. The caller's reference is
 * dropped, or goes with the page to *to_write (else NULL), for write_to_swap. 0; -EAGAIN: mm does
 * not show the page at va, or it is locked, or it cannot be written; -ENOMEM: there is no slot for
 * any. Sleeps; holds nothing, or, where it may not wait for the page's lock, pages on their way.
 */
int page_out_one(struct mm_struct *mm, uint64_t va, struct page *page, uint32_t stamp,
                 bool may_wait, struct page **to_write);
