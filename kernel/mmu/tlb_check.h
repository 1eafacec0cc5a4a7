/*
 * The TLB checker of SAN=1 builds. It keeps account of the old entries that each hart may still
 * cache, and panics when the kernel relies on one being gone that may not be. Chapter "TLB
 * Management". In other builds it is empty.
 *
 * It checks that:
 *   - a thread returns to user mode only after each change that it made to a valid entry was fenced
 *     on every hart that may cache the old one, or that hart must flush when it enters next;
 *   - a frame is freed only when no hart may cache an entry that maps it;
 *   - a hart that enters an address space has neither old entries nor those of another space cached
 *     under its ASID;
 *   - the tables of an address space are freed only when no hart can walk them;
 *   - no hart runs the former content of a frame (mmu/tlb.h, "Code"): it has executed fence.i since
 *     the frame was allocated, and since the running thread left another hart;
 *   - pte_set replaces no valid entry.
 */
#pragma once

#include <stdint.h>

#include "abi/limits.h"

struct page_table;

#define TLB_ANY_ASID UINT64_MAX

#ifdef SAN

/* So few numbers that they run out often: thus new generations of ASIDs are tested. */
#define TLB_CHECK_ASID_BITS 6

/* What the checker keeps in each page table. */
struct tlb_checked {
    uint64_t serial;         /* no other page table ever has the same; 0: none */
    uint8_t asid[MAX_HARTS]; /* under which each hart entered it last */
    uint64_t code_since;     /* when the last frame of its executable pages was allocated */
    uint64_t code_va, code_pfn; /* and which one it is */
};

void tlb_check_init(void);
void tlb_check_create(struct page_table *table);
void tlb_check_destroy(struct page_table *table); /* before its tables are freed */

/*
 * The entry for va, which led to a page or to a table, was `old` and is now `changed`.
 * Called after the change. Locks: the table's.
 */
void tlb_check_change(struct page_table *table, uint64_t va, uint64_t old, uint64_t changed);
/*
 * Called before a fence on each of harts (bits), with the operands of the fence. TLB_ANY_ASID: all
 * spaces, and global entries. 0 .. UINT64_MAX: a fence without an address.
 */
void tlb_check_fence(uint32_t harts, uint64_t asid, uint64_t start, uint64_t end);
/* Called as a flush begins. Returns: a mark; changes recorded so far are older than it. */
uint64_t tlb_check_mark(void);
/*
 * None of harts runs table; each is in stale_on, so will flush when it enters. So the changes older
 * than mark need not be fenced on them.
 */
void tlb_check_deferred(struct page_table *table, uint32_t harts, uint64_t mark);
/* This hart is about to make table active (NULL: the kernel's); it has, and has flushed. */
void tlb_check_switch(struct page_table *table, uint64_t asid);
void tlb_check_entered(struct page_table *table);
/* The running thread is about to return to user mode, or to end. */
void tlb_check_return(void);

/* Before a fence.i on each of harts (bits). */
void tlb_check_fence_i(uint32_t harts);
/* pte is about to become the entry for va. Locks: the table's, or no other thread has it. */
void tlb_check_code(struct page_table *table, uint64_t va, uint64_t pte);
/* pte_set is to replace old. */
void tlb_check_set(uint64_t old);
/* A thread leaves this hart at tlb_check_now(); and runs on another, with the user at pc. */
uint64_t tlb_check_now(void);
void tlb_check_came(struct page_table *space, uint64_t pc, uint64_t left_at);
#define tlb_check_left(thread) ((void)((thread)->left_at = tlb_check_now()))
#define tlb_check_moved(thread, pc) tlb_check_came((thread)->space, pc, (thread)->left_at)

#else

#define tlb_check_init() ((void)0)
#define tlb_check_create(table) ((void)(table))
#define tlb_check_destroy(table) ((void)(table))
#define tlb_check_change(table, va, old, changed) ((void)(table), (void)(va), (void)(old))
#define tlb_check_fence(harts, asid, start, end) ((void)(harts), (void)(asid))
#define tlb_check_mark() 0
#define tlb_check_deferred(table, harts, mark) ((void)(table), (void)(harts), (void)(mark))
#define tlb_check_switch(table, asid) ((void)(table), (void)(asid))
#define tlb_check_fence_i(harts) ((void)(harts))
#define tlb_check_set(old) ((void)(old))
#define tlb_check_code(table, va, pte) ((void)(table), (void)(va), (void)(pte))
#define tlb_check_left(thread) ((void)(thread))
#define tlb_check_moved(thread, pc) ((void)(thread), (void)(pc))
#define tlb_check_entered(table) ((void)(table))
#define tlb_check_return() ((void)0)

#endif
