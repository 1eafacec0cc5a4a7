/*
 * An address space: a page table, areas (VMAs), what they were charged. Chapter "Memory Mapping".
 * Here it is made, switched to, destroyed; its tree of areas is vma.h's.
 *
 * guards: m = lock (sleeping, RANK_MM; read to look, write to change); a = atomic; c = constant;
 *         p = the page table's lock
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/rbtree.h"
#include "mem/vm_stat.h"
#include "mmu/page_table.h"
#include "thread/sleeplock.h"
#include "vm/mapping/commit.h"

struct page_rules;
struct quota;
struct vm_area_struct;

#define MM_EVENTS (VM_STAT_EVICT_DIRTY + 1) /* the first of enum vm_stat_item */

struct mm_struct {
    struct rwlock lock;
    struct sleeplock mlock_lock;       /* RANK_OUTER: one mlock at a time, until it is settled */
    struct page_table page_table;      /* p */
    struct rb_root vmas;               /* m: by address, do not overlap */
    struct vm_area_struct *last_found; /* a: hint for find_vma */
    uint32_t vma_count;                /* m */
    uint64_t heap_start, heap_end;     /* m: the break is heap_end, any byte */
    uint64_t stack_limit;              /* m: lowest address that the stack may grow to */
    bool is_ready;                     /* a: fork or exec has filled it; till then areas and tables
                                          change without the lock, and others leave mm alone */
    struct commit charged;             /* m: what it was charged */
    struct commit locked;              /* m: the part of it that mlock made */
    uint64_t resident;                 /* a: pages mapped */
    uint64_t swapped;                  /* a: entries that show a swap slot */
    const struct page_rules *rules;    /* m, p: or NULL; see vm/faults/page_rules.h */
    struct quota *quota;               /* m, p: vm/extra's, or NULL */
    struct family *family;             /* c: see vm/replacement/family.h */
    struct list_head family_link;      /* the family's */
    uint16_t number;                   /* c: by which pages remember it */
    uint32_t users;                    /* a: the process, and what looks at it meanwhile */
    uint64_t events[MM_EVENTS];        /* a: what happened to this space: enum vm_stat_item */
    uint64_t area_bytes;               /* m to change, read freely: of all areas */
    int pid;                           /* c after exec or fork, for messages and the trace;
                                          0: exec has left the space */
    char name[24];
};

/*
 * The end of a user half that is the same in every mode, less 1 MiB in which nothing is ever
 * mapped; the stack lies below it, a guard below the stack.
 */
#define MM_COMMON_END ((1ul << 38) - (1ul << 20))
#define STACK_GUARD_BYTES (64ul * 1024)
#define HEAP_DEFAULT 0x40000000ul /* of a program with all segments above MM_COMMON_END */
#define MM_MAX_AREAS 131072u

extern const struct page_rules *extra_rules; /* vm/extra's; constant after boot */
/*
 * Atomic. A space ends when all its memory is back: first spaces_ended grows, then `spaces`
 * shrinks. So no end is missed where `spaces` is read first, and spaces_ended after it.
 */
extern uint32_t spaces, spaces_ended;

/*
 * mm has rules from now on. Locks: as page_rules.h says, or nobody uses mm yet.
 */
static inline void mm_use_rules(struct mm_struct *mm)
{
    mm->rules = extra_rules;
}

/* Counts an event for the space. item: below MM_EVENTS. */
static inline void mm_event(struct mm_struct *mm, unsigned item)
{
    __atomic_fetch_add(&mm->events[item], 1, __ATOMIC_RELAXED);
}

/* The same for the machine, too. */
static inline void mm_count(struct mm_struct *mm, enum vm_stat_item item)
{
    update_vm_stats(item, 1);
    mm_event(mm, item);
}

/*
 * An empty space with one user; the root of its page table is charged. sibling: the space of which
 * it joins the family (fork), or NULL for a family of its own (exec).
 * Returns: the space, or NULL where memory, charge or families are out.
 * Sleeps.
 */
struct mm_struct *mm_create(struct mm_struct *sibling);
/*
 * One user less. The last one unmaps everything, and gives the space and its charge back; no hart
 * runs in it then.
 * Locks: none.
 * Sleeps.
 */
void mm_put(struct mm_struct *mm);
/*
 * One user more.
 * Returns: false: the last has gone already.
 */
bool mm_try_get(struct mm_struct *mm);
/* Makes mm (NULL: the kernel's own root) the running thread's address space. */
void mm_switch(struct mm_struct *mm);

/* One past the highest user address in this paging mode, less the guard at its end. */
static inline uint64_t mm_user_end(void)
{
    return user_half_end(paging_levels) - (1ul << 20);
}
