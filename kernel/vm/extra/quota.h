/*
 * Frame quotas: a process owns at most so many frames of private memory, and replaces among its own
 * pages when it wants one more. Chapter "Page Replacement".
 *
 * Each resident private page of the space that is not locked has an entry, by address, on the list
 * of the quota's policy; a frame that fork shares counts for each. Files' pages, the zero page and
 * page tables do not count. A quota's pages are on no list of the system's.
 *
 * A fault that brings a page in first asks for room; where there is none, handle_page_fault lets
 * go of everything, has one victim taken and written, and comes back. Accessed bits are looked at
 * in such faults only, so a program that runs alone meets the same victims every time; unless the
 * whole machine is short of memory: then reclaim takes from each quota, full or not, in proportion
 * to its length. Where no page can go, as while swap is given up, the quota is exceeded, until the
 * next fault finds one that can: nobody is killed for it.
 *
 * The page table's lock guards a quota. Its pointer in the mm changes under that lock and the mm
 * lock, for writing; so it is read, and the quota kept, under either: quota_of(). (fork and exec
 * give one to a space in which nothing runs yet, under the page table's lock alone.)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sync/printf.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mm.h"
#include "vm/replacement/policy.h"

struct vm_fault;

/* Entries are made with the quota, as many as it may need, and found by address. */
struct quota_entry {
    struct lru_node node;
    uint64_t va;
    struct quota_entry *next; /* of the same bucket, or of the free ones */
};

/* quota.c's own; the host reads it, too. p = the page table's lock; c = constant */
struct quota {
    struct lru_list list;        /* p: capacity is the quota */
    uint64_t newest;             /* p: what the last fault brought in, or 0 */
    struct quota_entry *free;    /* p */
    struct quota_entry **bucket; /* p */
    uint32_t buckets;            /* c: a power of two */
    struct list_head frames;     /* c: of the entries, by page->lru.link */
    struct commit charged;       /* c */
};

/* mm's quota, or NULL. Locks: mm's, for reading, or the page table's. */
static inline struct quota *quota_of(struct mm_struct *mm)
{
    san_assert(mm->lock.state != 0 || mm->page_table.lock.locked);
    return mm->quota;
}

/* The two functions of a page_source (vm/replacement/reclaim.h): pages of all quotas. */
uint64_t quotas_length(void);
uint64_t quotas_shrink(uint64_t wanted, uint64_t looks, bool force);

/*
 * memlimit: frames 0: no quota, -1: as it is; policy: its number, -1: as it is. 0 and *old, or
 * -EINVAL, -ENOMEM, -ENODEV (there is no swap). Sleeps; holds nothing.
 */
int quota_set(struct mm_struct *mm, int frames, int policy, int *old);
/* to, in which nothing runs yet, gets a quota like from's, empty. 0, -ENOMEM. Locks: from's mm. */
int quota_inherit(struct mm_struct *to, struct mm_struct *from);
/* mm got a quota, or lost it, or got pages by fork: these count. Locks: mm's, for writing. */
void quota_count_pages(struct mm_struct *mm);
void quota_free(struct mm_struct *mm); /* nobody uses mm any more */

/*
 * A fault is about to bring in a private page: FAULT_OK where there is room, else FAULT_WANT_RULES,
 * and fault->rule.wants_room is set; FAULT_RETRY: the entry is not what was looked at.
 * Locks: the mm lock for reading.
 */
enum fault_result quota_ask(struct vm_fault *fault);
/*
 * Takes one victim out of memory. 0, or -ENOMEM: several were tried and none could go. Sleeps;
 * holds nothing.
 */
int quota_evict(struct mm_struct *mm);
/*
 * Locks: the page table's. The private page at va is mapped: is it the quota's now? And: it is not
 * mapped any more.
 */
bool quota_remember(struct mm_struct *mm, uint64_t va, uint32_t stamp);
void quota_forget(struct mm_struct *mm, uint64_t va);
