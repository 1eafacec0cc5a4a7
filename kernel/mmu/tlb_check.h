/*
 * The TLB checker of SAN=1 builds: it knows what each hart may still cache although the page table
 * says otherwise, and panics where the kernel relies on it not to. Chapter "TLB Management".
 * Without SAN nothing of it is left.
 *
 * A checked kernel keeps this contract:
 *   - a thread returns to user mode only when each change that it made to a valid entry is fenced
 *     on every hart that may cache the old one, or that hart is bound to flush as it enters next;
 *   - a frame is freed only when no such entry shows it;
 *   - a hart that enters an address space has nothing stale, and nobody else's, under its ASID;
 *   - the tables of an address space are freed only when no hart can walk them;
 *   - no hart runs what a frame held before (mmu/tlb.h, "Code"): it has done a fence.i since the
 *     frame that an executable entry shows was allocated, and a thread since it left another hart;
 *   - pte_set finds no valid entry.
 */
#ifndef MMU_TLB_CHECK_H
#define MMU_TLB_CHECK_H

#include <stdint.h>

#include "abi/limits.h"

struct page_table;

#define TLB_ANY_ASID UINT64_MAX

#ifdef SAN

/* So few that they run out all the time, and the way through a new generation is well trodden. */
#define TLB_CHECK_ASID_BITS 6

/* What the checker keeps in each page table. */
struct tlb_checked {
    uint64_t serial;         /* no other page table ever has the same; 0: none */
    uint8_t asid[MAX_HARTS]; /* under which each hart entered it last */
    uint64_t code_since;     /* of its pages that may be run, when the last frame was allocated */
    uint64_t code_va, code_pfn; /* and which one it is */
};

void tlb_check_init(void);
void tlb_check_create(struct page_table *table);
void tlb_check_destroy(struct page_table *table); /* before its tables are freed */

/*
 * The entry for va, of a page or of a table, was old and is now changed. After the change, under
 * the table's lock.
 */
void tlb_check_change(struct page_table *table, uint64_t va, uint64_t old, uint64_t changed);
/*
 * Before a fence on each of harts (bits), by the operands that the kernel gives. asid: TLB_ANY_ASID
 * fences global entries as well. The whole range 0 .. UINT64_MAX is a fence without an address.
 */
void tlb_check_fence(uint32_t harts, uint64_t asid, uint64_t start, uint64_t end);
/* A flush begins. Returns: its mark: of what was put down before. */
uint64_t tlb_check_mark(void);
/*
 * Each of harts does not run table, and will see when it enters it next that it has to flush what
 * was changed before the flush with that mark.
 */
void tlb_check_deferred(struct page_table *table, uint32_t harts, uint64_t mark);
/*
 * This hart is about to make table active (NULL: the kernel's); it did, and flushed what it wants.
 */
void tlb_check_switch(struct page_table *table, uint64_t asid);
void tlb_check_entered(struct page_table *table);
/* The running thread is about to return to user mode, or to end. */
void tlb_check_return(void);

/* Before a fence.i on each of harts (bits). */
void tlb_check_fence_i(uint32_t harts);
/* pte is about to become the entry for va of table, which is locked or nobody else's. */
void tlb_check_code(struct page_table *table, uint64_t va, uint64_t pte);
/* pte_set is to replace old. */
void tlb_check_set(uint64_t old);
/* Threads that leave this hart, and that have come from another, where the user was at pc. */
uint64_t tlb_check_now(void);
void tlb_check_came(struct page_table *space, uint64_t pc, uint64_t left_at);
#define tlb_check_left(thread) ((void)((thread)->left_at = tlb_check_now()))
#define tlb_check_moved(thread, pc) tlb_check_came((thread)->space, pc, (thread)->left_at)

#else

static inline void tlb_check_init(void) { }
static inline void tlb_check_create(struct page_table *table) { (void)table; }
static inline void tlb_check_destroy(struct page_table *table) { (void)table; }

static inline void tlb_check_change(struct page_table *table, uint64_t va, uint64_t old,
                                    uint64_t changed)
{
    (void)table, (void)va, (void)old, (void)changed;
}

static inline void tlb_check_fence(uint32_t harts, uint64_t asid, uint64_t start, uint64_t end)
{
    (void)harts, (void)asid, (void)start, (void)end;
}

static inline uint64_t tlb_check_mark(void)
{
    return 0;
}

static inline void tlb_check_deferred(struct page_table *table, uint32_t harts, uint64_t mark)
{
    (void)table, (void)harts, (void)mark;
}

static inline void tlb_check_switch(struct page_table *table, uint64_t asid)
{
    (void)table, (void)asid;
}

static inline void tlb_check_fence_i(uint32_t harts) { (void)harts; }
static inline void tlb_check_set(uint64_t old) { (void)old; }

static inline void tlb_check_code(struct page_table *table, uint64_t va, uint64_t pte)
{
    (void)table, (void)va, (void)pte;
}

#define tlb_check_left(thread) ((void)(thread))
#define tlb_check_moved(thread, pc) ((void)(thread), (void)(pc))

static inline void tlb_check_entered(struct page_table *table) { (void)table; }
static inline void tlb_check_return(void) { }

#endif

#endif
