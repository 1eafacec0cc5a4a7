/* Handlers of the faults on anonymous memory. All: mm lock held for reading, see fault.h. */
#pragma once

#include "vm/faults/fault.h"
#include "vm/faults/fault_kind.h"

/* the one page that every fresh read sees; never written, never freed */
extern struct page *zero_page; /* read wherever nothing was written yet ... */
extern pfn_t zero_pfn;         /* ... and its number; constant after boot */

void anon_init(void);
enum fault_result anon_zero_read(struct vm_fault *fault);
/* the entry is empty, or the zero page's */
enum fault_result anon_zero_write(struct vm_fault *fault);
enum fault_result anon_copy_on_write(struct vm_fault *fault);
enum fault_result anon_swap_in(struct vm_fault *fault);
/*
 * The page that anon_swap_in brought is mapped: its entry no longer uses the slot.
 * Locks: the page's.
 */
void anon_swapped_in(struct vm_fault *fault);

/*
 * A frame for a private page of fault->vma, with the counts of one mapping, and charged if the
 * space's rules want that. NULL: *why is the result with which the handler has to end.
 */
struct page *anon_page_alloc(struct vm_fault *fault, unsigned frame_flags, enum fault_result *why);
/* page is filled: it is to be mapped with all access that the area allows. */
static inline enum fault_result anon_bring(struct vm_fault *fault, struct page *page,
                                           enum vm_stat_item counter)
{
    return fault_bring(fault, page, pte_make_user(page_pfn(page), fault->vma->access), counter);
}
