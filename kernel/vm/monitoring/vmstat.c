/* The numbers of vmstat(). Chapter "Performance Monitoring". */
#include "vm/monitoring/vmstat.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mm.h"
#include "vm/replacement/family.h"
#include "vm/replacement/reclaim.h"
#include "vm/swapping/swap.h"

/* Clears *stats but version and size. Returns: the first counter; the others follow in order. */
static unsigned long long *stats_begin(struct vm_stats *stats)
{
    memset(stats, 0, sizeof(*stats));
    stats->version = VM_STATS_VERSION;
    stats->size = sizeof(*stats);
    return &stats->size + 1;
}

void vm_stats_read(struct vm_stats *stats, unsigned flags)
{
    unsigned long long *counter = stats_begin(stats);

    if (flags & VMSTAT_DROP)
        reclaim_all();
    for (unsigned item = 0; item < VM_STAT_ITEMS; item++)
        counter[item] = vm_stat_sum(item);
    stats->frames[FRAME_FREE] = frame_free_now();
    stats->swap_slots = swap.slots;
    stats->swap_slots_used = swap.used;
    stats->swap_cached = swap.with_page;
    stats->commit = commit_total();
    stats->commit_limit = commit_limit();
}

/* Returns: the address space of the process, with a use, which mm_put drops; or NULL. */
static struct mm_struct *space_of(int pid)
{
    struct mm_struct *mm;

    for_each_space(mm)
        if (mm->pid == pid)
            break;
    return mm;
}

/* Returns: how many private pages of the space are in memory. */
static uint64_t private_pages(struct mm_struct *mm)
{
    uint64_t va = 0, end = mm_user_end(), pages = 0;
    pte_t *ptep;

    spin_lock(&mm->page_table.lock);
    while ((ptep = pte_next(&mm->page_table, &va, end)) != NULL) {
        for (uint64_t stop = leaf_table_end(va, end); va < stop; va += PAGE_SIZE) {
            pte_t entry = pte_load(ptep++);

            pages += pte_has_frame(entry) && page_test(pfn_page(pte_pfn(entry)), PAGE_PRIVATE);
        }
    }
    spin_unlock(&mm->page_table.lock);
    return pages;
}

int vm_stats_read_one(struct vm_stats *stats, int pid)
{
    struct mm_struct *mm = space_of(pid);

    if (!mm)
        return -ESRCH;
    memcpy(stats_begin(stats), mm->events, sizeof(mm->events));
    stats->commit = (uint64_t)(mm->charged.pages + mm->charged.unswappable);
    stats->resident = private_pages(mm);
    stats->swapped = mm->swapped;
    mm_put(mm);
    return 0;
}
