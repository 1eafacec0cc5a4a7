/*
 * Families: the address spaces that may share private pages. Chapter "Page Replacement".
 *
 * A private page that fork shares has the same address in every process that maps it. So a page
 * knows the family of address spaces since exec, and its address; rmap.h finds its entries by
 * that. exec founds a family; fork joins it before the first entry is copied. Families come from a
 * pool and are never given back to the allocator, so a page->family that is out of date still is a
 * family, in which no entry has that frame.
 *
 * guards: p = the pool's lock; f = lock
 */
#pragma once

#include <stdint.h>

#include "lib/list.h"
#include "thread/sleeplock.h"
#include "vm/mapping/mm.h"

#define MM_MAX 1024u /* address spaces: two for each process, while all of them exec */

struct family {
    struct sleeplock lock;      /* RANK_FAMILY */
    struct list_head members;   /* f: mm->family_link */
    struct list_head free_link; /* p */
};

void family_init(void);
/* mm becomes a member of sibling's family, or founds one. 0 or -ENOMEM. Sleeps. */
int family_join(struct mm_struct *mm, struct mm_struct *sibling);
void family_leave(struct mm_struct *mm); /* Sleeps. */
/* The space of that number with a use of it, or NULL. mm_put() when done. */
struct mm_struct *family_member(unsigned number);

/*
 * All spaces, one after the other, each with a use of it while it is looked at: a loop that is left
 * early has to mm_put() it. Spaces that come or go meanwhile may be missed. Sleeps.
 */
struct mm_struct *space_next(struct mm_struct *after); /* NULL: the first */
#define for_each_space(mm) for (mm = space_next(NULL); mm; mm = space_next(mm))

/* page, which is PAGE_PRIVATE, is mm's, at va. That is said before it is mapped. */
static inline void family_tag_page(struct mm_struct *mm, struct page *page, uint64_t va)
{
    page->family = mm->family;
    page->index = va >> PAGE_SHIFT;
    page->mapper = mm->number;
}

/* The space that mapped the page last, if it is still a member; or NULL. Locks: family->lock. */
struct mm_struct *family_last_mapper(const struct family *family, const struct page *page);
