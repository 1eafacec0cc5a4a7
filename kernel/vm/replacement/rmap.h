/*
 * The reverse map: which entries show this page? Chapter "Page Replacement".
 *
 * A page has no list of its entries. It has what leads to the places where they may be:
 *
 *     private page                              page of an object: a file, or shared memory
 *     page->family ---> the spaces of a family   page->owner ---> the areas that show the object
 *     page->index  ---> the address in each      page->index ---> where in the object
 *
 *     family -+- mm --- entry at the address?    object -+- area --- entry at start + offset?
 *             +- mm --- the same                         +- area --- the same
 *
 * A place is looked at under its page table's lock, and counts if its entry has this very frame.
 * New entries can come meanwhile by fork, for it copies without the page's lock: page_maps() says
 * how many there are, so a caller that must not miss one compares.
 *
 * Locks: the page's, for all of these.
 * Sleep: they take the family's lock, or the object's vma_lock, and fence other harts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/page.h"
#include "vm/mapping/mm.h"

/*
 * Was the page used since this was asked last: through an entry, or, an object's page, by a call?
 * Never sleeps where nothing maps it.
 */
bool rmap_accessed(struct page *page);
/*
 * Takes the page out of every entry but wired ones (mlock).
 * wired_too: out of wired ones as well. For pages of objects only.
 * Entries of a private page become its slot, which it must have; others become empty. Every hart is
 * fenced when this returns.
 */
void rmap_unmap(struct page *page, bool wired_too);
/* The same for one space, at va. Returns: false: its entry does not map the page, or is wired. */
bool rmap_unmap_one(struct page *page, struct mm_struct *mm, uint64_t va);
/* Takes the write permission from every entry. The page is an object's. */
void rmap_write_protect(struct page *page);
#ifdef SAN
/* Asserts that a clean page of a file has no entry that allows stores. */
void rmap_check_clean(struct page *page);
#endif
