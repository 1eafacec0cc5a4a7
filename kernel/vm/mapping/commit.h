/*
 * Promises of memory. Two sums are tested before anything is granted, against limits that only swap
 * changes: total (pages that must fit in frames and swap) and, as a part of it, unswappable.
 */
#ifndef VM_COMMIT_H
#define VM_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

struct commit {
    int64_t pages;       /* swappable: private writable memory, shared anonymous memory, stacks */
    int64_t unswappable; /* kernel stacks, page tables, pipe buffers, locked pages */
};

/* *sum plus sign times amount. */
static inline void commit_add(struct commit *sum, int64_t sign, struct commit amount)
{
    sum->pages += sign * amount.pages;
    sum->unswappable += sign * amount.unswappable;
}

void commit_init(void);                        /* after all frames are managed */
int commit_charge(struct commit amount);       /* 0 or -ENOMEM; nothing is charged then */
void commit_release(struct commit amount);
void commit_limit_change(int64_t pages);       /* swap came, or a slot of it failed */
int commit_limit_lower(int64_t pages);         /* swap is to go: 0, or -ENOMEM: it is needed */
uint64_t commit_total(void);
uint64_t commit_limit(void);
extern bool commit_always;                     /* OVERCOMMIT=always: everything is unreserved */

#endif
