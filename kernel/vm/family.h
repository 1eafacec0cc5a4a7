/*
 * Families: the reverse map of private pages. Chapter "Page Replacement".
 *
 * A private page that fork shares has the same address in every process that maps it, so a page
 * knows the family of address spaces since exec, and its address; who looks for its mappings walks
 * the family and compares the frame number. exec founds a family; fork joins it before the first
 * entry is copied. Families come from a pool and are never given back to the allocator, so a
 * page->family that is out of date still is a family, in which nobody maps that frame.
 */
#ifndef VM_FAMILY_H
#define VM_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu/pte.h"
#include "vm/mm.h"

#define MM_MAX 1024u /* address spaces: two for each process, while all of them exec */

void family_init(void);
/* mm becomes a member of sibling's family, or founds one. 0 or -ENOMEM. Sleeps. */
int family_join(struct mm_struct *mm, struct mm_struct *sibling);
void family_leave(struct mm_struct *mm); /* Sleeps. */
/* The space of that number with a use of it, or NULL. mm_put() when done. */
struct mm_struct *family_member(unsigned number);

/* page, which is PAGE_PRIVATE, is mm's, at va. Whoever maps it says so before it can be found. */
static inline void family_own_page(struct mm_struct *mm, struct page *page, uint64_t va)
{
    page->family = mm->family;
    page->index = va >> PAGE_SHIFT;
    page->mapper = mm->number;
}

/*
 * Has anybody used the page since this was asked last? Locks: the page's. Sleeps.
 */
bool family_page_accessed(struct page *page);
/*
 * Takes the page out of every page table that shows it, but where it is locked; the entries become
 * slot, which must be the page's. Every hart is fenced when this returns. Locks: the page's.
 * Sleeps.
 */
void family_unmap_page(struct page *page, swp_entry_t slot);
/* The same for one space alone, at va; false where that does not show it. */
bool family_unmap_one(struct mm_struct *mm, uint64_t va, struct page *page, swp_entry_t slot);

#endif
