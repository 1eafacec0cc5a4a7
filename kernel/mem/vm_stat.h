/*
 * Event counters. Chapter "Performance Monitoring".
 *
 * abi/vm_stats.h has the one list, VM_STATS, from which three things are made: the numbers below,
 * the members of struct vm_stats, and the names that the program vmstat prints. So they are in the
 * same order. Each hart has one cell for each number:
 *
 *                    FAULT_ZERO  FAULT_FILE  PGIN ...   LEDGER + FRAME_ANON ...
 *     harts[0]           120         31        4              +200
 *     harts[1]            80          9        6               -50
 *                    ----------  ----------  ----       ------------------
 *     vm_stat_sum()      200         40       10               150
 *
 * An event counts in the cell of the hart on which it happens, with one atomic add; no cell is
 * shared, so harts do not slow each other down. Only the sum over all harts has a meaning: a frame
 * that hart 0 allocated and hart 1 freed is +1 in one cell and -1 in another, modulo 2^64.
 *
 *     events     since boot; they only grow. vm/monitoring/vmstat.c sums them up
 *     ledger     frames of each class that are in use now: ledger_add() at allocation and free.
 *                Free frames are counted where they lie (frame_free_now), not here
 *     states     the other items marked "now" in the list: no cell is used; vmstat.c asks for them
 *
 * Events of one process are counted a second time in mm->events, by mm_count() (vm/mapping/mm.h).
 *
 * A sum is exact when no thread counts meanwhile. A thread may be moved to another hart after it
 * has computed the address of a cell. Then it adds to a cell of the hart that it left, perhaps at
 * the same time as that hart. The add is atomic, so both count, and the sum is right.
 */
#pragma once

#include <stdint.h>

#include "abi/vm_stats.h"
#include "riscv/hart.h"

#define VM_STAT_NUMBER(number, member) VM_STAT_##number,
#define VM_STAT_NUMBERS(number, member) \
    VM_STAT_##number, VM_STAT_##number##_LAST = VM_STAT_##number + FRAME_CLASSES - 1,

/* VM_STAT_FAULT_ZERO and so on. VM_STAT_LEDGER has one number for each class of frames. */
enum vm_stat_item { VM_STATS(VM_STAT_NUMBER, VM_STAT_NUMBERS) VM_STAT_ITEMS };
_Static_assert(VM_STAT_ITEMS <= HART_EVENTS, "struct hart has room for the counters");

/* Counts n events of the kind. Any context. */
static inline void update_vm_stats(enum vm_stat_item item, uint64_t n)
{
    __atomic_fetch_add(&this_hart()->events[item], n, __ATOMIC_RELAXED);
}

/* There are n frames more of the class in use; n < 0: less. Any context. */
static inline void ledger_add(unsigned class, int64_t n)
{
    update_vm_stats(VM_STAT_LEDGER + class, (uint64_t)n);
}

/* Returns: the sum of item's cells over all MAX_HARTS harts, each read once (relaxed). */
uint64_t vm_stat_sum(enum vm_stat_item item);
