/*
 * What the call vmstat() answers: counters, ledger and charges, in struct vm_stats. Chapter
 * "Performance Monitoring". mem/vm_stat.h says how events are counted.
 *
 *     struct vm_stats   version  size  | item 0  item 1 ... item VM_STAT_ITEMS - 1 |  resident ...
 *                                         ^ for all: vm_stat_sum(); then those that are states
 *                                           are overwritten with what is so now
 */
#pragma once

#include "abi/vm_stats.h"

/*
 * Fills *stats for the whole machine:
 *   - all fields become 0, then version and size are set. With VMSTAT_DROP in flags: reclaim_all().
 *   - each item: vm_stat_sum(). The items follow `size`, in the order of enum vm_stat_item.
 *   - frames[FRAME_FREE]: frame_free_now(); the other classes are items already.
 *   - swap_slots, swap_slots_used, swap_cached: swap.slots, swap.used, swap.with_page.
 *   - commit, commit_limit: commit_total(), commit_limit().
 * Locks: none held. Sleeps.
 */
void vm_stats_read(struct vm_stats *stats, unsigned flags);

/*
 * Fills *stats for one process: mm->events as the items, what it is charged, resident, swapped; the
 * rest is 0. Locks: none held. Sleeps. Returns: 0; -ESRCH: there is no process pid.
 */
int vm_stats_read_one(struct vm_stats *stats, int pid);
