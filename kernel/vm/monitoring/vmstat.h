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

#endif
