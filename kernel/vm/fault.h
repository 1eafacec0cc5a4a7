/*
 * Page faults. Chapter "Page Fault Handling". fault_kind() (vm/fault_kind.h) decides, purely;
 * handle_page_fault() looks, lets the handler of that kind act, and waits where one has to.
 *
 * A handler works with the mm lock held for reading and never sleeps on a page or on the disk.
 * Where it would have to, it says so by its return value (FAULT_WANT_...); handle_page_fault lets
 * go of the mm, waits, and starts again from the area, for everything may have changed. What was
 * waited for is kept by a reference, so that the next round gets further.
 */
#ifndef VM_FAULT_H
#define VM_FAULT_H

#include <stdint.h>

#include "sync/trace.h"
#include "vm/mm.h"
#include "vm/usercopy.h"
#include "vm/vma.h"

enum fault_flag {
    FAULT_FLAG_READ = ACCESS_READ, /* one of these three */
    FAULT_FLAG_WRITE = ACCESS_WRITE,
    FAULT_FLAG_EXEC = ACCESS_EXEC,
    FAULT_FLAG_USER_SP = 1 << 8, /* sp is the user's: the stack may grow, at or above it */
    FAULT_FLAG_BRING_BACK = 1 << 9, /* not an access: what is in swap comes back, nothing else */
};
#define FAULT_FLAG_ACCESS ((unsigned)(FAULT_FLAG_READ | FAULT_FLAG_WRITE | FAULT_FLAG_EXEC))

enum fault_result {
    FAULT_OK,
    /* What the faulting process is told when nothing can be done. */
    FAULT_NO_VMA,     /* no area there */
    FAULT_PERMISSION, /* an area that does not allow it */
    FAULT_GUARD,      /* below the stack */
    FAULT_PAST_END,   /* a file, past its end */
    FAULT_NO_MEMORY,  /* unreserved memory that cannot be had */
    FAULT_IO_ERROR,   /* the page could not be read */
    FAULT_NO_SPACE,   /* a store into a hole of a mapped file, and the disk is full */
    FAULT_INTERRUPTED, /* the thread is to end: it is told nothing */
    /* Between the handlers and handle_page_fault only. */
    FAULT_RETRY,       /* the entry changed meanwhile: look again */
    FAULT_WANT_FRAME,  /* no frame is free */
    FAULT_WANT_PAGE,   /* fault->object's page fault->index has to be read */
    FAULT_WANT_WRITABLE, /* that page is to be made dirty first */
    FAULT_WANT_LOCK,   /* somebody has the lock of fault->page, or writes it */
    FAULT_WANT_STACK,  /* the stack's area has to grow */
    FAULT_WANT_SWAP,   /* fault->old's page has to be read from swap */
    FAULT_WANT_ROOM,   /* the quota is full */
    FAULT_WANT_PROMISE, /* no more memory can be promised */
};

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
    pte_t *slot;                /* NULL: no table reaches va yet */
    pte_t old;                  /* what was found in it */
    struct page *page;          /* with a reference: waited for in an earlier round */
    struct vm_object *object;   /* with a use: to be read from */
    uint64_t index;
    enum read_advice advice;    /* about its neighbours, there or in swap */
    bool has_quota;             /* the space, when this was looked at */
    bool brings_page;           /* a private page: it counts for the quota */
    bool has_asked;             /* the quota for room */
    bool may_exceed;            /* the quota, for nothing can go */
    uint32_t stamp;             /* what the policy kept of a page that was out */
    uint32_t patience;          /* times that somebody was killed to make room */
    struct table_supply tables;
};

/* Sleeps; the mm lock is not held, nor any but outer locks. Chapter "Page Fault Handling". */
enum fault_result handle_page_fault(struct mm_struct *mm, uint64_t address, unsigned flags,
                                    uint64_t sp);

/*
 * The same; and copies, before the mm lock is released: to unmap or protect the page, others must
 * wait for that. So each round in which the page is had gets on, whatever other threads do.
 */
enum fault_result fault_and_copy(struct mm_struct *mm, uint64_t address, unsigned flags,
                                 uint64_t sp, struct fault_copy *copy);

/* As fault_install: the path has to be built, or something is there, or to be noted. */
bool fault_install_with_care(struct vm_fault *fault, pte_t entry);

/*
 * Puts entry where fault->old was found; builds the path from fault->tables. FAULT_OK, or
 * FAULT_RETRY when the entry is not what was looked at. Locks: the mm lock for reading. In line is
 * the usual case: an empty slot becomes a present entry.
 */
static inline __attribute__((always_inline)) enum fault_result
fault_install(struct vm_fault *fault, pte_t entry)
{
    bool done;

    if (__builtin_expect(fault->slot && fault->old == 0 && !fault->brings_page &&
                         !(fault->vma->flags & VMA_LOCKED), 1)) {
        spin_lock(&fault->mm->page_table.lock);
        done = pte_load(fault->slot) == 0;
        if (done) {
            tlb_check_code(&fault->mm->page_table, fault->va, entry);
            pte_set(fault->slot, entry);
            trace_of(fault->mm->pid, TRACE_MAP, fault->va, pte_pfn(entry).number,
                     pte_allows(entry, ACCESS_WRITE));
        }
        spin_unlock(&fault->mm->page_table.lock);
    } else {
        done = fault_install_with_care(fault, entry);
    }
    if (!done)
        return FAULT_RETRY;
    if (!pte_has_frame(fault->old))
        __atomic_fetch_add(&fault->mm->resident, 1, __ATOMIC_RELAXED);
    return FAULT_OK;
}

/* What may be read along with the page. Locks: the mm lock for reading. */
static inline enum read_advice fault_advice(const struct vm_fault *fault)
{
    if (fault->has_quota || (fault->vma->flags & VMA_RANDOM))
        return READ_RANDOM;
    return fault->vma->flags & VMA_SEQUENTIAL ? READ_SEQUENTIAL : READ_NORMAL;
}

/* Keeps page, with its reference, for the next round. */
void fault_keep(struct vm_fault *fault, struct page *page);

/* One line that teaches: pid, name, cause, address, area, what was allowed. */
void fault_report(struct mm_struct *mm, uint64_t address, unsigned flags, uint64_t pc,
                  enum fault_result why);

#endif
