/*
 * The seam on which vm/extra hangs: rules that some address spaces have for their pages.
 *
 * A space has rules once it has a quota, wired areas, or memory that is not reserved. Nearly all
 * have none: mm->rules is NULL, and the path of a page is what it would be without all that. Where
 * a space has rules, they are asked at these points:
 *
 *     a fault ---> handler ---> frame allocated ---> entry set ---> ... ---> entry taken away
 *             |                         |                |                         |
 *          wanted                    charge           mapped                     went
 *
 * and when a space comes by fork or exec (inherit, forked) or ends (end).
 *
 * Locks: mm->rules goes from NULL to the rules once and stays: under the mm lock for writing, or
 * while fork or exec still fills the space. A quota comes under the page table's lock, too: so
 * went(), for which the rules are read under that lock alone, misses none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mmu/pte.h"
#include "vm/faults/fault_kind.h"

struct mm_struct;
struct vm_fault;

/* What the rules keep while a fault goes from round to round; all zero when it begins. */
struct rule_state {
    bool reads_alone; /* nothing is read along with the page */
    bool keeps_page;  /* the page that comes is on no list of the system's */
    bool counts;      /* it counts for the quota */
    bool has_asked;   /* the quota for room */
    bool wants_room;  /* the quota has none */
    bool may_exceed;  /* the quota, for nothing can go */
    uint16_t tries;   /* to make room by the end of a process */
    uint32_t ended;   /* spaces, when that was tried last */
};

struct page_rules {
    /*
     * A fault of that kind is about to be handled.
     * Returns: FAULT_OK, FAULT_RETRY, or FAULT_WANT_RULES: call wait().
     * Locks: the mm lock for reading.
     */
    enum fault_result (*wanted)(struct vm_fault *fault, enum fault_kind kind);
    /*
     * A frame was allocated for a private page; NULL: for the tables in fault->tables.
     * Returns: false: it cannot be had: FAULT_WANT_RULES.
     * Locks: the mm lock for reading.
     */
    bool (*charge)(struct vm_fault *fault, struct page *page);
    /*
     * Waits for what was wanted. Returns: FAULT_RETRY, or how the fault ends.
     * Sleeps; holds nothing.
     */
    enum fault_result (*wait)(struct vm_fault *fault);
    /* fault->brought is about to be mapped by entry. Returns: by which. Locks: the page table's. */
    pte_t (*mapped)(struct vm_fault *fault, pte_t entry);
    /* The page at va is in its entry no more. Locks: the page table's. */
    void (*went)(struct mm_struct *mm, uint64_t va);
    /* fork, exec: child is empty. Returns: 0 or -ENOMEM. Locks: parent's mm lock. */
    int (*inherit)(struct mm_struct *child, struct mm_struct *parent);
    /* fork: child has its pages. Locks: parent's mm lock for writing; nothing runs in child. */
    void (*forked)(struct mm_struct *child);
    /* Nobody uses mm any more. */
    void (*end)(struct mm_struct *mm);
};
