/*
 * The TLB is a cache that the kernel must keep right: what changed in a page table is fenced, on
 * every hart that may cache it, before a frame is reused or the change is relied on. Chapter "TLB
 * Management". No fence to another hart while a spinlock is held.
 */
#ifndef MMU_TLB_H
#define MMU_TLB_H

#include <stdint.h>

#include "mmu/page_table.h"

/*
 * After an entry gained a permission, or A or D: this hart alone looks at it again. Others may meet
 * a spurious fault, no more.
 */
void flush_tlb_own_entry(uint64_t va);
/*
 * Fences one page, or a range, of a user table on every hart that may cache it. No spinlock held.
 * Where tables were unlinked, the range is 0 .. UINT64_MAX: a fence for an address leaves what
 * leads to it.
 */
void flush_tlb_range(struct page_table *table, uint64_t start, uint64_t end);
static inline void flush_tlb_entry(struct page_table *table, uint64_t va)
{
    flush_tlb_range(table, va, va + PAGE_SIZE);
}
void flush_tlb_kernel(uint64_t start, uint64_t end); /* all harts */
/* Pages of table that were written have become executable: fence.i on the harts that run it now,
 * and on each other hart before it runs it next. No spinlock held. */
void flush_instructions(struct page_table *table);

/* The scheduler calls these, interrupts off: table stops being this hart's, or becomes it. NULL:
 * the kernel's own root. */
void page_table_enter(struct page_table *table);
void page_table_leave(struct page_table *table);

/*
 * Unhook, flush, free: pages whose last mapping went are gathered here, and dropped only after the
 * fence. Used with the table's lock dropped between gather and finish.
 */
#define TLB_BATCH_PAGES 32
struct tlb_batch {
    struct page_table *table;
    uint64_t start, end;               /* what was changed */
    uint32_t count;
    struct page *page[TLB_BATCH_PAGES];
};

static inline void tlb_batch_begin(struct tlb_batch *batch, struct page_table *table)
{
    batch->table = table;
    batch->start = UINT64_MAX;
    batch->end = 0;
    batch->count = 0;
}

/* The entries of [start, end) were changed. */
static inline void tlb_batch_note(struct tlb_batch *batch, uint64_t start, uint64_t end)
{
    if (start < batch->start)
        batch->start = start;
    if (end > batch->end)
        batch->end = end;
}

/* fences, then drops the pages' mapping references */
void tlb_batch_finish(struct tlb_batch *batch);

#endif
