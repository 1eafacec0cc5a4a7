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
/*
 * Code. A hart may hold instructions of a frame's former content until its next fence.i. Three
 * rules keep them from being run:
 *   - before an entry becomes executable, when its page has been written: flush_instructions, which
 *     fences the harts that run the table now, and each other one before it runs it next;
 *   - a new table, a child's too, has not been fenced for on any hart;
 *   - a thread that goes on at another hart finds there what it stored and fenced for at the last
 *     one: the switch fences. It begins at its creator's hart, in fork's child at none: see above.
 * A store into a page that may be run already is fenced for by the program that runs it.
 * No spinlock held.
 */
void flush_instructions(struct page_table *table);
void flush_instructions_here(void); /* This hart alone, which must not change meanwhile. */

/* The scheduler calls these, interrupts off: table stops being this hart's, or becomes it. NULL:
 * the kernel's own root. */
void page_table_enter(struct page_table *table);
void page_table_leave(struct page_table *table);

/*
 * Unhook, flush, free: pages that lost their last mapping are gathered here, and dropped only after
 * the fence. The table's lock may be dropped between gather and finish. Meanwhile a hart may still
 * store through a cached translation, although the entry no longer allows it. So code that relies
 * on what an entry says looks at table->unfenced under the table's lock, and fences if it is set.
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
    __atomic_fetch_add(&table->unfenced, 1, __ATOMIC_RELAXED);
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
