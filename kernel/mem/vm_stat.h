/*
 * Event counters, one cell per hart and event; a sum is exact when nobody counts meanwhile.
 * Chapter "Performance Monitoring".
 *
 * A thread may be moved to another hart while it counts. Then it adds to a cell of the hart that it
 * left, as that hart may at the same time; the add is atomic, so neither is lost, and as only sums
 * over all harts are read it does not matter which cell it was.
 */
#ifndef MEM_VM_STAT_H
#define MEM_VM_STAT_H

#include <stdint.h>

#include "abi/vm_stats.h"
#include "riscv/hart.h"

#define VM_STAT_NUMBER(number, member) VM_STAT_##number,
#define VM_STAT_NUMBERS(number, member) \
    VM_STAT_##number, VM_STAT_##number##_LAST = VM_STAT_##number + FRAME_CLASSES - 1,

/* The counters' numbers: VM_STAT_FAULT_ZERO and so on, in the order of struct vm_stats. */
enum vm_stat_item { VM_STATS(VM_STAT_NUMBER, VM_STAT_NUMBERS) VM_STAT_ITEMS };
_Static_assert(VM_STAT_ITEMS <= HART_EVENTS, "struct hart has room for the counters");

/* Counts n events. Any context. */
static inline void update_vm_stats(enum vm_stat_item item, uint64_t n)
{
    __atomic_fetch_add(&this_hart()->events[item], n, __ATOMIC_RELAXED);
}

/* n frames more of the class, or with n < 0 less. Any context. */
static inline void ledger_add(unsigned class, int64_t n)
{
    update_vm_stats(VM_STAT_LEDGER + class, (uint64_t)n);
}

uint64_t vm_stat_sum(enum vm_stat_item item);

#endif
