/*
 * The two sums of memory that is charged. Chapter "Memory Mapping".
 *
 * What may be needed later is charged now, so that a fault finds memory. A call that would exceed a
 * limit gets -ENOMEM instead. All amounts are in pages.
 *
 *     pages + unswappable  <=  frames + swap slots - reserve
 *             unswappable  <=  frames - reserve                 reserve: 1/8 of the frames, 512 KiB
 *                                                               at least
 *
 * The reserve is for the page cache and the kernel's own work. Not charged: shared mappings of
 * files, private ones that nobody may write, the page cache. Unreserved memory is charged page by
 * page when it is touched.
 *
 * Locks: none; a spinlock of RANK_COMMIT is taken, also under swap.lock. No function here sleeps.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct commit {
    int64_t pages;       /* swappable: private writable memory, shared memory, stacks */
    int64_t unswappable; /* kernel stacks, page tables, pipe buffers, wired pages */
};

extern bool commit_always; /* OVERCOMMIT=always: everything is unreserved */

/* *sum plus sign times amount. */
static inline void commit_add(struct commit *sum, int64_t sign, struct commit amount)
{
    sum->pages += sign * amount.pages;
    sum->unswappable += sign * amount.unswappable;
}

/* Sets the limits. All frames are managed. */
void commit_init(void);
/*
 * Adds amount, which may be negative in part, to the sums.
 * Returns: 0, or -ENOMEM: a sum would exceed its limit, and nothing has changed.
 */
int commit_charge(struct commit amount);
/* Takes amount, which was charged, from the sums. */
void commit_release(struct commit amount);

/* Swap came, or (negative) a slot of it failed: the first limit moves, whatever the sums are. */
void commit_limit_change(int64_t pages);
/*
 * Swap is to go: lowers the first limit.
 * Returns: 0, or -ENOMEM: what is charged needs it.
 */
int commit_limit_lower(int64_t pages);

/* For reports: the first sum, and its limit. */
uint64_t commit_total(void);
uint64_t commit_limit(void);
