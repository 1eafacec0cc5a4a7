/*
 * Page faults. Chapter "Page Fault Handling". fault_kind() (faults/fault_kind.h) decides, purely;
 * handle_page_fault() looks, lets the handler of that kind act, and waits where one has to.
 *
 * A round: the mm lock is taken for reading; the area and the entry are looked at, and the tables
 * that lead to the entry are added where they are missing; fault_kind() names the case; its
 * handler brings a page; fault_map() maps it, and gives back what the entry mapped before.
 *
 *     look ---> kind ---> handler ---> FAULT_BROUGHT ---> map ---> done
 *       ^                    |                             |
 *       |                    +--> FAULT_WANT_... -+        +--> the entry has changed -+
 *       +--------------- wait, holding nothing <--+------------------------------------+
 *
 * A handler never sleeps on a page or on the disk. Where it would have to, it says so by its return
 * value (FAULT_WANT_...); handle_page_fault lets go of the mm, waits, and starts again from the
 * area, for everything may have changed. What was waited for is kept by a reference, so that the
 * next round gets further.
 */
#pragma once

#include <stdint.h>

#include "vm/faults/page_rules.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/vma.h"

enum fault_flag {
    FAULT_FLAG_BRING_BACK = 0, /* no access: what is in swap comes back, nothing else */
    FAULT_FLAG_READ = ACCESS_READ, /* or one of these three */
    FAULT_FLAG_WRITE = ACCESS_WRITE,
    FAULT_FLAG_EXEC = ACCESS_EXEC,
    FAULT_FLAG_USER_SP = 1 << 8, /* sp is the user's: the stack may grow, at or above it */
};
#define FAULT_FLAG_ACCESS ((unsigned)(FAULT_FLAG_READ | FAULT_FLAG_WRITE | FAULT_FLAG_EXEC))

/* What is copied from or to a user's page as soon as it is there. */
struct fault_copy {
    void *kernel;
    size_t bytes; /* all in the page that is accessed */
    enum user_copy way;
    size_t done;  /* bytes, or 0: the page was taken away at once */
};

struct vm_fault {
    struct mm_struct *mm;
    struct vm_area_struct *vma; /* valid while the mm lock is held */
    uint64_t va;                /* the page's address */
    enum access access;
    uint64_t address;           /* what was accessed */
    unsigned flags;
    uint64_t sp;
    pte_t *ptep;                /* NULL: no table reaches va, and nothing is to come there */
    pte_t old;                  /* what was found in it */
    struct page *brought;       /* see fault_bring */
    pte_t entry;
    enum vm_stat_item counter;
    struct page *held;          /* see fault_hold */
    bool held_locked;
    struct page *page;          /* with a reference: waited for in an earlier round */
    struct vm_object *object;   /* with a use: to be read from */
    uint64_t index;
    enum read_advice advice;    /* about its neighbours, there or in swap */
    uint32_t stamp;             /* what the policy kept of a page that was out */
    struct rule_state rule;     /* of the space's rules, if it has any */
    struct table_supply tables;
};

/*
 * Handles a fault at address. sp: the user's stack pointer, with FAULT_FLAG_USER_SP.
 * copy: NULL; or what is copied before the mm lock is released: to unmap or protect the page,
 * others must wait for that. So each round in which the page is had gets on, whatever others do.
 * Sleeps; the mm lock is not held, nor any but outer locks. Chapter "Page Fault Handling".
 */
enum fault_result handle_page_fault(struct mm_struct *mm, uint64_t address, unsigned flags,
                                    uint64_t sp, struct fault_copy *copy);

/*
 * The entry gets what the access needs: A, and for a store D, where the machine wants them to be
 * set by software; with allow_stores the write permission, too. It may have been emptied since it
 * was looked at: with a mark it would look like a swap slot.
 * Returns: FAULT_OK; FAULT_RETRY: it is not fault->old any more. Locks: the mm lock for reading.
 */
enum fault_result fault_mark_entry(struct vm_fault *fault, bool allow_stores);

/*
 * Says what is to be mapped: page, which has the counts of one mapping already (NULL: the zero
 * page, which has none), by entry; counter counts it.
 */
static inline enum fault_result fault_bring(struct vm_fault *fault, struct page *page, pte_t entry,
                                            enum vm_stat_item counter)
{
    fault->brought = page;
    fault->entry = entry;
    fault->counter = counter;
    return FAULT_BROUGHT;
}

/* Keeps page, with our reference, until what was brought is mapped; and its lock, if is_locked. */
static inline void fault_hold(struct vm_fault *fault, struct page *page, bool is_locked)
{
    fault->held = page;
    fault->held_locked = is_locked;
}

/* What may be read along with the page. Locks: the mm lock for reading. */
static inline enum read_advice fault_advice(const struct vm_fault *fault)
{
    if (fault->rule.reads_alone || (fault->vma->flags & VMA_RANDOM))
        return READ_RANDOM;
    return fault->vma->flags & VMA_SEQUENTIAL ? READ_SEQUENTIAL : READ_NORMAL;
}
