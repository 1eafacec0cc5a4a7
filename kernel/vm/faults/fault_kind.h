/*
 * What kind of fault is it? One pure function: it looks at facts and names the case; the handlers
 * in vm/faults/fault.c act. In line, so that only those facts are looked up that the case hangs on.
 * Chapter "Page Fault Handling".
 *
 *   entry                 read or fetch            store
 *   ------------------    ---------------------    ----------------------------------
 *   empty, zero content   ZERO_READ                ZERO_WRITE
 *   empty, file, whole    FILE_MAP                 FILE_COPY
 *   empty, file, part     FILE_COPY                FILE_COPY
 *   empty, shared         FILE_MAP                 FILE_SHARE
 *   a swap slot           SWAP                     SWAP
 *   present, shared       SPURIOUS or MARK         FILE_SHARE, SPURIOUS or MARK
 *   the zero page         SPURIOUS or MARK         ZERO_UPGRADE
 *   present, read-only    SPURIOUS or MARK         COPY_ON_WRITE
 *   present, writable     SPURIOUS or MARK         SPURIOUS or MARK
 *
 * Before the table is looked at:
 *   no area               STACK: a gap where the stack may grow; else GUARD, else NO_AREA
 *   not allowed by area   PERMISSION, whatever the entry is
 * Exceptions to it:
 *   empty, below_sp       NO_AREA
 *   past_end              PAST_END, where the table says FILE_...
 *   kept by PROT_NONE     CORRUPT: its area allows nothing, so PERMISSION came first
 *   present, read, fetch  CORRUPT, where the entry does not allow what the area does
 *
 * A page of the stack comes into being at or above the stack pointer only, in the area or by
 * growing it.
 *
 * MARK: the entry allows the access, but the machine wants A or D to be set by software (Svade;
 * privileged specification, "Virtual Address Translation Process"). SPURIOUS: another hart has done
 * what was to be done.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mmu/pte.h"

enum fault_backing { BACKING_ZERO, BACKING_FILE_WHOLE, BACKING_FILE_PART };

struct fault_facts {
    enum access access;        /* what was tried; 0: nothing, what is in swap is to come back */
    bool has_area;             /* an area covers the address */
    bool is_stack_gap;         /* none does, but the stack may still grow down to here ... */
    bool may_grow;             /* ... and the access is at or above the user's stack pointer */
    bool is_guard;             /* below the lowest address of the stack */
    bool below_sp;             /* in the stack's area, but below the user's stack pointer */
    uint64_t allowed;          /* ACCESS_... bits of the area */
    enum fault_backing backing;
    bool past_end;             /* of the object */
    bool is_shared;            /* stores go to the object */
    pte_t pte;
    bool is_zero_page;         /* pte maps it */
};

enum fault_kind {
    FAULT_KIND_NO_AREA,
    FAULT_KIND_GUARD,
    FAULT_KIND_PERMISSION,
    FAULT_KIND_PAST_END,
    FAULT_KIND_STACK,
    FAULT_KIND_ZERO_READ,
    FAULT_KIND_ZERO_WRITE,
    FAULT_KIND_ZERO_UPGRADE,
    FAULT_KIND_FILE_MAP,
    FAULT_KIND_FILE_COPY,
    FAULT_KIND_FILE_SHARE,
    FAULT_KIND_COPY_ON_WRITE,
    FAULT_KIND_SWAP,
    FAULT_KIND_MARK,
    FAULT_KIND_SPURIOUS,
    FAULT_KIND_CORRUPT /* an entry that nobody can have made */
};

/* How a round of a fault ends. */
enum fault_result {
    FAULT_OK,
    /* Nothing can be done: why the faulting process is killed. */
    FAULT_NO_VMA,     /* no area there */
    FAULT_PERMISSION, /* an area that does not allow it */
    FAULT_GUARD,      /* below the stack */
    FAULT_PAST_END,   /* a file, past its end */
    FAULT_NO_MEMORY,  /* unreserved memory that cannot be had */
    FAULT_IO_ERROR,   /* the page could not be read */
    FAULT_NO_SPACE,   /* a store into a hole of a mapped file, and the disk is full */
    FAULT_INTERRUPTED, /* the thread is to end anyway */
    /* Between the handlers and handle_page_fault only. */
    FAULT_BROUGHT,     /* fault->brought is to be mapped */
    FAULT_RETRY,       /* the entry changed meanwhile: look again */
    FAULT_WANT_FRAME,  /* no frame is free */
    FAULT_WANT_PAGE,   /* fault->object's page fault->index has to be read */
    FAULT_WANT_WRITABLE, /* that page is to be made dirty first */
    FAULT_WANT_LOCK,   /* fault->page is locked by another thread, or being written */
    FAULT_WANT_STACK,  /* the stack's area has to grow */
    FAULT_WANT_SWAP,   /* fault->old's page has to be read from swap */
    FAULT_WANT_RULES,  /* what the space's rules ask for: see vm/faults/page_rules.h */
};

static inline enum fault_kind kind_outside(const struct fault_facts *facts)
{
    if (facts->is_stack_gap && facts->may_grow)
        return FAULT_KIND_STACK;
    return facts->is_guard ? FAULT_KIND_GUARD : FAULT_KIND_NO_AREA;
}

static inline enum fault_kind kind_absent(const struct fault_facts *facts)
{
    bool store = facts->access == ACCESS_WRITE;

    if (facts->below_sp)
        return FAULT_KIND_NO_AREA;
    if (facts->backing == BACKING_ZERO)
        return store ? FAULT_KIND_ZERO_WRITE : FAULT_KIND_ZERO_READ;
    if (facts->past_end)
        return FAULT_KIND_PAST_END;
    if (facts->is_shared)
        return store ? FAULT_KIND_FILE_SHARE : FAULT_KIND_FILE_MAP;
    return store || facts->backing == BACKING_FILE_PART ? FAULT_KIND_FILE_COPY
                                                        : FAULT_KIND_FILE_MAP;
}

static inline enum fault_kind kind_present(const struct fault_facts *facts)
{
    if (pte_allows(facts->pte, facts->access))
        return pte_marked(facts->pte, facts->access) ? FAULT_KIND_SPURIOUS : FAULT_KIND_MARK;
    if (facts->access != ACCESS_WRITE)
        return FAULT_KIND_CORRUPT; /* an entry has all that its area allows but writing */
    if (facts->is_shared)
        return facts->past_end ? FAULT_KIND_PAST_END : FAULT_KIND_FILE_SHARE;
    return facts->is_zero_page ? FAULT_KIND_ZERO_UPGRADE : FAULT_KIND_COPY_ON_WRITE;
}

static inline enum fault_kind fault_kind(const struct fault_facts *facts)
{
    if (!facts->has_area)
        return kind_outside(facts);
    if (facts->access & ~facts->allowed)
        return FAULT_KIND_PERMISSION;
    switch (pte_kind(facts->pte)) {
    case PTE_EMPTY:
        return kind_absent(facts);
    case PTE_PRESENT:
        return kind_present(facts);
    case PTE_SWAP:
        return FAULT_KIND_SWAP;
    default:
        return FAULT_KIND_CORRUPT;
    }
}
