/* Taking pages of memory out to swap. Chapter "Page Replacement". */
#ifndef VM_PAGE_OUT_H
#define VM_PAGE_OUT_H

#include <stdint.h>

#include "mem/page.h"

struct mm_struct;

/*
 * Looks at so many pages of anon_lru at most, and lets go those that the policy names, until wanted
 * frames are free. Returns how many are. Sleeps; holds nothing.
 */
uint64_t page_out(uint64_t wanted, uint64_t looks);
/*
 * Takes the private page at va away from mm alone, for its quota. Drops the caller's reference. 0,
 * or -ENOMEM: there is no slot for it. Sleeps; holds nothing.
 */
int page_out_one(struct mm_struct *mm, uint64_t va, struct page *page, uint32_t stamp);

#endif
