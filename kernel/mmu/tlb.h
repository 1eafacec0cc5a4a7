/*
 * TLB flushes. Chapter "TLB Management"; privileged specification, "Supervisor Memory-Management
 * Fence Instruction".
 *
 * Each hart caches page-table entries, and goes on using a cached one after the entry in memory has
 * changed, until it executes sfence.vma. So the kernel fences every hart that may have cached an
 * entry before it relies on the change; above all before a frame gets another use:
 *
 *     1. unhook   under the page table's lock: pte_swap() puts another entry in place of the old
 *     2. fence    with no spinlock held: every hart that may cache the old one
 *     3. put      the frame's reference: only now may the frame be free, and used again
 *
 * A change that only adds a permission, or A or D, for the same frame needs no fence on other
 * harts: there the old entry can cause a fault, which finds nothing to do (flush_tlb_own_entry).
 *
 * Which harts? A page table has three sets of harts, as bits:
 *
 *     running_on   have it in satp now
 *     cached_on    have had it in satp, so may cache its entries under its ASID
 *     stale_on     must flush when they enter it next
 *
 *     a hart changes an entry                      another hart enters the table
 *     stale_on |= cached_on, but itself            running_on |= itself
 *     full memory fence                            full memory fence
 *     read running_on                              read stale_on
 *     remote fence on those that run it            flush if its bit is set, then clear the bit
 *
 * Each side writes one set and then reads the other. So one of them, at least, sees what the other
 * wrote: the changer fences the hart, or the hart flushes as it enters. A hart that has left the
 * table is not interrupted.
 *
 * ASIDs (mmu/asid.h) are the reason for the third set: a hart keeps the entries of a space that it
 * leaves, for they are marked with the space's number, and finds them again when it comes back.
 *
 * sfence.vma with an address flushes the leaf entry for that page. It need not flush the entries of
 * higher levels, which lead to tables. So after tables were unlinked the fence names no address.
 */
#pragma once

#include <stdint.h>

#include "mmu/page_table.h"

/* After the entry for va gained a permission, or A or D: this hart alone forgets the old one. */
void flush_tlb_own_entry(uint64_t va);
/*
 * Fences the pages of [start, end) of a user table on every hart that may cache it, by the steps
 * drawn above. 0 .. UINT64_MAX: the whole space, which is also needed after tables were unlinked.
 *   - Nothing to do while cached_on is 0: no hart has run the table.
 *   - Preemption is off from reading this hart's number to the end of its own fence. This hart is
 *     one of the "others", in stale_on, if it does not run the table.
 *   - A hart that runs the table is fenced by an SBI call, after preemption is on again; the call
 *     returns when all of them have done the fence.
 *   - More than FLUSH_PAGES_MAX pages: this hart flushes all entries with the table's ASID. The
 *     others are given the range as it is.
 *   - Counted: VM_STAT_TLB_LOCAL (by pages) or VM_STAT_TLB_ASID for the fence of this hart, if it
 *     runs the table; VM_STAT_TLB_REMOTE for the SBI call.
 *   - For the checker: tlb_check_mark() before all, tlb_check_deferred() with the harts that are
 *     left to stale_on.
 * Locks: no spinlock held (the SBI call may take a millisecond). Never sleeps.
 */
void flush_tlb_range(struct page_table *table, uint64_t start, uint64_t end);
static inline void flush_tlb_entry(struct page_table *table, uint64_t va)
{
    flush_tlb_range(table, va, va + PAGE_SIZE);
}
/* Fences kernel addresses on all harts. Locks: no spinlock held. */
void flush_tlb_kernel(uint64_t start, uint64_t end);
/*
 * Code. A hart may hold instructions that were fetched from a frame before its content changed,
 * until it executes fence.i. Three rules keep it from running them:
 *   - After a page was written, and before an entry makes it executable: flush_instructions(). It
 *     does the fence on the harts that run the table, and each other hart does it when it enters.
 *   - A new table, a child's too, begins with all harts in stale_on.
 *   - A thread that moves to another hart: the switch does the fence there, so the thread finds the
 *     code that it stored on the hart before.
 * A program that stores into a page that is executable already must do the fence itself.
 * Locks: no spinlock held.
 */
void flush_instructions(struct page_table *table);
void flush_instructions_here(void); /* On this hart alone. Preemption is off. */

/*
 * The scheduler calls these, with interrupts off: table becomes this hart's, or stops being so.
 * page_table_enter, by the steps drawn above:
 *   - asid_enter() chooses the number, and says whether everything must be flushed.
 *   - A hart that is in stale_on leaves it, and does flush_instructions_here(), too.
 *   - The flush comes after activate() has written satp, because the hart may cache entries of the
 *     old table until then. It is of everything, or of the table's ASID if the hart was in
 *     stale_on; else there is none. tlb_check_entered() comes last.
 *   - NULL: the kernel's own root, under number 0, in none of the sets. Only where asid_bits is 0
 *     is number 0 flushed: it was a space's, and with its entries the hart could walk freed tables.
 */
void page_table_enter(struct page_table *table);
void page_table_leave(struct page_table *table);

/*
 * Unhook, fence, put for many pages at once:
 *
 *     tlb_batch_begin(&batch, table);
 *     spin_lock(&table->lock);            for each entry: pte_swap(), and its page, if any, into
 *     spin_unlock(&table->lock);          batch.page[batch.count++]; tlb_batch_note() the range
 *     tlb_batch_finish(&batch);
 *
 * Each page in the batch has the reference and the map count of its old entry (PAGE_MAPPED_REF).
 * Until the fence a hart may still store through a cached entry, though the entry in memory allows
 * no store. So code that must know that no store can come reads table->unfenced under the table's
 * lock, and fences if it is not 0.
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

/* The entries of [start, end) were changed: the fence is to cover them. */
static inline void tlb_batch_note(struct tlb_batch *batch, uint64_t start, uint64_t end)
{
    if (start < batch->start)
        batch->start = start;
    if (end > batch->end)
        batch->end = end;
}

/*
 * Fences what was noted, if anything, and only then drops PAGE_MAPPED_REF of each page, by
 * page_drop(); those that lost their last reference go to frames_free() together. At the end the
 * batch is empty, and table->unfenced is one less (release).
 * Locks: no spinlock held. Never sleeps.
 */
void tlb_batch_finish(struct tlb_batch *batch);
