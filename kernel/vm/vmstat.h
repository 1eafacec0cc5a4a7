/* The numbers of vmstat(): counters, ledger, promises. Chapter "Performance Monitoring". */
#ifndef VM_VMSTAT_H
#define VM_VMSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/vm_stats.h"

/* Fills *stats for the whole machine. flags: VMSTAT_DROP. Sleeps; holds nothing. */
void vm_stats_read(struct vm_stats *stats, unsigned flags);

/* The same for one process, as far as it is counted so. 0 or -ESRCH. Sleeps; holds nothing. */
int vm_stats_read_one(struct vm_stats *stats, int pid);

/* fs/ and proc/ register what VMSTAT_DROP and a need for frames shall shrink. all: everything
 * that can go. Returns frames freed. Sleeps. At most 8. */
void shrinker_register(uint64_t (*shrink)(bool all));
#endif
