/* TLB flushes: which harts, and when. Chapter "TLB Management". See mmu/tlb.h. */
#include "mmu/tlb.h"

#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "mmu/asid.h"
#include "mmu/satp.h"
#include "riscv/sbi.h"
#include "sync/race.h"
#include "sync/trace.h"

/*
 * A longer range flushes the address space. Measured by a program that changes the protection of n
 * pages and then reads 32 others, per call, at Sv48. In the deterministic lane a fence by page
 * takes 4 instructions, and what is refilled takes none. In QEMU's own time on one hart each fence
 * takes 1.5 us whatever it names: 12.9 us for n = 1 by page, 14.6 for n = 2, 23.7 for n = 8; by
 * address space, refills included, 12.4, 12.9 and 13.1. So more than one fence never pays here. A
 * hart where a fence by page costs less than 32 walks of four loads may want more: measure there.
 */
#define FLUSH_PAGES_MAX 1u

/* The kinds of fences. Each first calls the checker. Preemption is off: both are for one hart. */
static inline void sfence_page(uint64_t va)
{
    tlb_check_fence(1u << hart_index(), TLB_ANY_ASID, va, va + PAGE_SIZE);
    __asm__ volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
}

static inline void sfence_asid(uint64_t asid) /* all pages; entries with G stay cached */
{
    tlb_check_fence(1u << hart_index(), asid, 0, UINT64_MAX);
    __asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory");
}

static inline void sfence_all(void)
{
    tlb_check_fence(1u << hart_index(), TLB_ANY_ASID, 0, UINT64_MAX);
    __asm__ volatile("sfence.vma" : : : "memory");
}

static void sfence_remote(uint32_t harts, uint64_t start, uint64_t end)
{
    lockorder_assert_none(false); /* it may take a millisecond */
    tlb_check_fence(harts, TLB_ANY_ASID, start, end);
    sbi_remote_sfence_vma(harts, start, end - start);
}

/* Writes satp. Entries cached under the same ASID remain: the caller flushes if they may be old. */
static void activate(struct page_table *table, uint64_t asid)
{
    tlb_check_switch(table, asid);
    csr_write(satp, satp_make(table ? table : &kernel_page_table, asid));
}

static inline uint32_t full_fence_load(const uint32_t *cell)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(cell, __ATOMIC_RELAXED);
}

void flush_instructions_here(void)
{
    tlb_check_fence_i(1u << hart_index());
    instruction_fence();
}

/*
 * Flushes come after satp is written: until then the hart may cache more entries of the old table,
 * under a number that belongs to another table in a new generation.
 */
void page_table_enter(struct page_table *table)
{
    uint32_t bit = 1u << hart_index();
    bool everything;
    bool stale = asid_bits == 0; /* all spaces share the number 0 */
    uint64_t asid;

    if (!table) {
        activate(NULL, 0);
        if (stale) /* number 0 was a space's: with its entries the hart could walk freed tables */
            sfence_asid(0);
        return;
    }
    __atomic_fetch_or(&table->running_on, bit, __ATOMIC_RELAXED);
    __atomic_fetch_or(&table->cached_on, bit, __ATOMIC_RELAXED);
    asid = asid_enter(table, &everything);
    if (full_fence_load(&table->stale_on) & bit) {
        __atomic_fetch_and(&table->stale_on, ~bit, __ATOMIC_ACQ_REL);
        flush_instructions_here();
        stale = true;
    }
    activate(table, asid);
    if (everything)
        sfence_all();
    else if (stale)
        sfence_asid(asid);
    if (everything || stale)
        trace(TRACE_FLUSH, 0, 0, 0);
    tlb_check_entered(table);
}

void page_table_leave(struct page_table *table)
{
    if (table)
        __atomic_fetch_and(&table->running_on, ~(1u << hart_index()), __ATOMIC_RELEASE);
}

/* The fence on this hart. Preemption is off. */
static void flush_here(struct page_table *table, uint64_t start, uint64_t end)
{
    if (!(table->running_on & (1u << hart_index())))
        return; /* it is in stale_on */
    trace(TRACE_FLUSH, start, (end - start) / PAGE_SIZE, 0);
    if (end - start <= FLUSH_PAGES_MAX * PAGE_SIZE) {
        for (uint64_t va = start; va < end; va += PAGE_SIZE)
            sfence_page(va);
        update_vm_stats(VM_STAT_TLB_LOCAL, 1);
    } else {
        sfence_asid((csr_read(satp) >> SATP_ASID_SHIFT) & 0xffff);
        update_vm_stats(VM_STAT_TLB_ASID, 1);
    }
}

/* No permission was lost, so the checker need not know, and preemption may be on. */
void flush_tlb_own_entry(uint64_t va)
{
    __asm__ volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
}

void flush_tlb_range(struct page_table *table, uint64_t start, uint64_t end)
{
    uint32_t self, others, running;
    uint64_t mark;

    if (!table->cached_on)
        return; /* no hart has run it yet */
    mark = tlb_check_mark();
    preempt_disable();
    self = 1u << hart_index();
    others = __atomic_load_n(&table->cached_on, __ATOMIC_RELAXED);
    if (table->running_on & self)
        others &= ~self;
    if (others)
        __atomic_fetch_or(&table->stale_on, others, __ATOMIC_RELAXED);
    race_window();
    running = full_fence_load(&table->running_on) & ~self;
    tlb_check_deferred(table, others & ~running, mark);
    flush_here(table, start, end);
    preempt_enable();
    if (running) {
        update_vm_stats(VM_STAT_TLB_REMOTE, 1);
        trace(TRACE_SHOOTDOWN, start, (end - start) / PAGE_SIZE, running);
        race_window();
        sfence_remote(running, start, end);
    }
}

void flush_tlb_kernel(uint64_t start, uint64_t end)
{
    sfence_remote((1u << hart_count) - 1, start, end); /* this hart is one of them */
}

void flush_instructions(struct page_table *table)
{
    uint32_t self, others;

    preempt_disable();
    self = 1u << hart_index();
    flush_instructions_here();
    __atomic_fetch_or(&table->stale_on, ~self, __ATOMIC_RELAXED);
    others = full_fence_load(&table->running_on) & ~self;
    preempt_enable();
    race_window();
    if (others) {
        lockorder_assert_none(false);
        tlb_check_fence_i(others);
        sbi_remote_fence_i(others);
    }
}

void tlb_batch_finish(struct tlb_batch *batch)
{
    struct page **end = &batch->page[batch->count];
    struct page **free_end = batch->page; /* one past the pages that are free; from the first on */

    if (batch->start < batch->end)
        flush_tlb_range(batch->table, batch->start, batch->end);
    for (struct page **page = batch->page; page < end; page++)
        if (page_drop(*page, PAGE_MAPPED_REF))
            *free_end++ = *page;
    if (free_end > batch->page)
        frames_free(batch->page, (uint32_t)(free_end - batch->page));
    batch->count = 0;
    __atomic_fetch_sub(&batch->table->unfenced, 1, __ATOMIC_RELEASE);
}
