/* The numbers of vmstat(). Chapter "Performance Monitoring". */
#include "vm/vmstat.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "vm/commit.h"
#include "vm/family.h"
#include "vm/mm.h"
#include "vm/reclaim.h"
#include "vm/swap.h"

/* What was counted, of the machine or of one space: events[] by enum vm_stat_item. */
static void stats_fill(struct vm_stats *stats, const uint64_t events[VM_STAT_LEDGER])
{
    memset(stats, 0, sizeof(*stats));
    stats->version = VM_STATS_VERSION;
    stats->size = sizeof(*stats);
    stats->fault_zero = events[VM_STAT_FAULT_ZERO];
    stats->fault_zero_read = events[VM_STAT_FAULT_ZERO_READ];
    stats->fault_file = events[VM_STAT_FAULT_FILE];
    stats->fault_cow_copy = events[VM_STAT_FAULT_COW_COPY];
    stats->fault_cow_reuse = events[VM_STAT_FAULT_COW_REUSE];
    stats->fault_swap = events[VM_STAT_FAULT_SWAP];
    stats->fault_stack = events[VM_STAT_FAULT_STACK];
    stats->fault_spurious = events[VM_STAT_FAULT_SPURIOUS];
    stats->fault_bad = events[VM_STAT_FAULT_BAD];
    stats->pgin = events[VM_STAT_PGIN];
    stats->pgout = events[VM_STAT_PGOUT];
    stats->file_read = events[VM_STAT_FILE_READ];
    stats->file_write = events[VM_STAT_FILE_WRITE];
    stats->refault = events[VM_STAT_REFAULT];
    stats->scan = events[VM_STAT_SCAN];
    stats->evict_clean = events[VM_STAT_EVICT_CLEAN];
    stats->evict_dirty = events[VM_STAT_EVICT_DIRTY];
    stats->tlb_local = events[VM_STAT_TLB_LOCAL];
    stats->tlb_remote = events[VM_STAT_TLB_REMOTE];
    stats->tlb_asid = events[VM_STAT_TLB_ASID];
    stats->alloc_success = events[VM_STAT_ALLOC_SUCCESS];
    stats->alloc_fail = events[VM_STAT_ALLOC_FAIL];
    stats->disk_read_bytes = events[VM_STAT_DISK_READ_BYTES];
    stats->disk_write_bytes = events[VM_STAT_DISK_WRITE_BYTES];
    stats->fault_around = events[VM_STAT_FAULT_AROUND];
}

void vm_stats_read(struct vm_stats *stats, unsigned flags)
{
    uint64_t events[VM_STAT_LEDGER], frames[FRAME_CLASSES];

    if (flags & VMSTAT_DROP)
        reclaim_all();
    for (unsigned item = 0; item < VM_STAT_LEDGER; item++)
        events[item] = vm_stat_sum(item);
    stats_fill(stats, events);
    stats->swap_slots = swap_slots();
    stats->swap_slots_used = swap_slots_used();
    stats->swap_cached = swap_slots_with_page();
    stats->commit = commit_total();
    stats->commit_limit = commit_limit();
    ledger_read(frames);
    for (unsigned class = 0; class < FRAME_CLASSES; class++)
        stats->frames[class] = frames[class];
}

/* The space of the process, with a use of it, or NULL. */
static struct mm_struct *space_of(int pid)
{
    for (unsigned number = 0; number < MM_MAX; number++) {
        struct mm_struct *mm = family_member(number);

        if (mm && mm->pid == pid)
            return mm;
        if (mm)
            mm_put(mm);
    }
    return NULL;
}

/* Private pages that are in memory. */
static uint64_t private_pages(struct mm_struct *mm)
{
    uint64_t va = 0, end = mm_user_end(), pages = 0;
    pte_t *slot;

    spin_lock(&mm->page_table.lock);
    while ((slot = next_page_table(&mm->page_table, &va, end)) != NULL) {
        for (uint64_t stop = leaf_table_end(va, end); va < stop; va += PAGE_SIZE) {
            pte_t entry = pte_load(slot++);

            pages += pte_has_frame(entry) && page_test(pfn_page(pte_pfn(entry)), PAGE_PRIVATE);
        }
    }
    spin_unlock(&mm->page_table.lock);
    return pages;
}

int vm_stats_read_one(struct vm_stats *stats, int pid)
{
    struct mm_struct *mm = space_of(pid);
    uint64_t events[VM_STAT_LEDGER] = {0}; /* a space counts the first MM_EVENTS of them */

    if (!mm)
        return -ESRCH;
    memcpy(events, mm->events, sizeof(mm->events));
    stats_fill(stats, events);
    stats->commit = (uint64_t)(mm->charged.pages + mm->charged.unswappable);
    stats->resident = private_pages(mm);
    stats->swapped = mm->swapped;
    mm_put(mm);
    return 0;
}
