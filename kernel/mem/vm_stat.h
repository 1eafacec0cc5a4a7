/*
 * Event counters, one cell per hart and event; a sum is exact when nobody counts meanwhile.
 * Chapter "Performance Monitoring".
 */
#ifndef MEM_VM_STAT_H
#define MEM_VM_STAT_H

#include <stdint.h>

#include "abi/vm_stats.h"
#include "riscv/hart.h"

enum vm_stat_item {
    VM_STAT_FAULT_ZERO,
    VM_STAT_FAULT_ZERO_READ,
    VM_STAT_FAULT_FILE,
    VM_STAT_FAULT_COW_COPY,
    VM_STAT_FAULT_COW_REUSE,
    VM_STAT_FAULT_SWAP,
    VM_STAT_FAULT_STACK,
    VM_STAT_FAULT_SPURIOUS,
    VM_STAT_FAULT_BAD,
    VM_STAT_PGIN,
    VM_STAT_PGOUT,
    VM_STAT_FILE_READ,
    VM_STAT_FILE_WRITE,
    VM_STAT_REFAULT,
    VM_STAT_SCAN,
    VM_STAT_EVICT_CLEAN,
    VM_STAT_EVICT_DIRTY,
    VM_STAT_TLB_LOCAL,
    VM_STAT_TLB_REMOTE,
    VM_STAT_TLB_ASID,
    VM_STAT_ALLOC_SUCCESS,
    VM_STAT_ALLOC_FAIL,
    VM_STAT_DISK_READ_BYTES,
    VM_STAT_DISK_WRITE_BYTES,
    VM_STAT_FAULT_AROUND,
    VM_STAT_LEDGER, /* FRAME_CLASSES cells: frames of each class, as differences per hart */
    VM_STAT_ITEMS = VM_STAT_LEDGER + FRAME_CLASSES
};
_Static_assert(VM_STAT_ITEMS <= HART_EVENTS, "struct hart has room for the counters");

#ifdef XV39_HOST
extern uint64_t host_vm_stat[VM_STAT_ITEMS];
#define update_vm_stats(item, n) ((void)(host_vm_stat[item] += (uint64_t)(n)))
#define ledger_add(class, n) ((void)(host_vm_stat[VM_STAT_LEDGER + (class)] += (uint64_t)(n)))
#else
/* Any context. item is a constant. */
#define update_vm_stats(item, n) hart_event_add((item), (uint64_t)(n))
/* The same for a class of frames that is no constant. */
#define ledger_add(class, n) hart_event_add_at(VM_STAT_LEDGER + (uint64_t)(class), (uint64_t)(n))
#endif

uint64_t vm_stat_sum(enum vm_stat_item item);

#endif
