/* The numbers of vmstat(). Chapter "Performance Monitoring". */
#include "vm/vmstat.h"

#include "lib/string.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "sync/printf.h"
#include "vm/commit.h"
#include "vm/reclaim.h"

void vm_stats_read(struct vm_stats *stats, unsigned flags)
{
    uint64_t frames[FRAME_CLASSES];

    if (flags & VMSTAT_DROP)
        reclaim_all();
    memset(stats, 0, sizeof(*stats));
    stats->version = VM_STATS_VERSION;
    stats->size = sizeof(*stats);
    stats->fault_zero = vm_stat_sum(VM_STAT_FAULT_ZERO);
    stats->fault_zero_read = vm_stat_sum(VM_STAT_FAULT_ZERO_READ);
    stats->fault_file = vm_stat_sum(VM_STAT_FAULT_FILE);
    stats->fault_cow_copy = vm_stat_sum(VM_STAT_FAULT_COW_COPY);
    stats->fault_cow_reuse = vm_stat_sum(VM_STAT_FAULT_COW_REUSE);
    stats->fault_stack = vm_stat_sum(VM_STAT_FAULT_STACK);
    stats->fault_spurious = vm_stat_sum(VM_STAT_FAULT_SPURIOUS);
    stats->fault_bad = vm_stat_sum(VM_STAT_FAULT_BAD);
    stats->file_read = vm_stat_sum(VM_STAT_FILE_READ);
    stats->file_write = vm_stat_sum(VM_STAT_FILE_WRITE);
    stats->evict_clean = vm_stat_sum(VM_STAT_EVICT_CLEAN);
    stats->tlb_local = vm_stat_sum(VM_STAT_TLB_LOCAL);
    stats->tlb_remote = vm_stat_sum(VM_STAT_TLB_REMOTE);
    stats->tlb_asid = vm_stat_sum(VM_STAT_TLB_ASID);
    stats->alloc_success = vm_stat_sum(VM_STAT_ALLOC_SUCCESS);
    stats->alloc_fail = vm_stat_sum(VM_STAT_ALLOC_FAIL);
    stats->disk_read_bytes = vm_stat_sum(VM_STAT_DISK_READ_BYTES);
    stats->disk_write_bytes = vm_stat_sum(VM_STAT_DISK_WRITE_BYTES);
    stats->fault_around = vm_stat_sum(VM_STAT_FAULT_AROUND);
    stats->commit = commit_total();
    stats->commit_limit = commit_limit();
    ledger_read(frames);
    for (unsigned class = 0; class < FRAME_CLASSES; class++)
        stats->frames[class] = frames[class];
}
