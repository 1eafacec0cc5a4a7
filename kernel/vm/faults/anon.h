/*
 * Handlers of the faults on anonymous memory. Chapter "Page Fault Handling".
 *
 * A handler looks at fault->old, the entry as it was found, and returns fault_bring(): fault_map()
 * sets the entry then, if it is still fault->old. Only a page that copy-on-write takes over has its
 * entry changed by the handler.
 *
 * Returns, all handlers: FAULT_BROUGHT; FAULT_OK: nothing is left to be mapped; FAULT_RETRY: the
 *          entry has changed; FAULT_WANT_...: wait for that, and look again.
 * Locks: the mm lock for reading.
 * None waits for a page or for the disk.
 */
#pragma once

#include "vm/faults/fault.h"
#include "vm/faults/fault_kind.h"

/* The page that is read wherever nothing was written yet. Never written, never freed, no counts. */
extern struct page *zero_page;
extern pfn_t zero_pfn; /* its number; constant after boot */

void anon_init(void); /* at boot */
/*
 * The entry is empty. Brings the zero page, by an entry with all that the area allows but stores.
 * Counts VM_STAT_FAULT_ZERO_READ.
 */
enum fault_result anon_zero_read(struct vm_fault *fault);
/*
 * The entry is empty, or the zero page's. Brings a zeroed frame of its own (anon_page_alloc, then
 * anon_bring).
 * Counts VM_STAT_FAULT_ZERO.
 * Returns: FAULT_BROUGHT, or what anon_page_alloc says.
 */
enum fault_result anon_zero_write(struct vm_fault *fault);
/*
 * The entry maps a page, and does not allow the store. Under the page table's lock, and only if
 * the entry is still fault->old:
 *   - An object's page (the area is private) is always copied; no page lock is needed.
 *   - A private page: its lock is tried. If another thread has it: FAULT_WANT_LOCK.
 *   - With one mapping, and a slot that has neither uses nor a write under way (or no slot), the
 *     page is taken over: it parts from the slot, the entry allows stores, this hart forgets the
 *     old one. FAULT_OK.
 *   - Else it is copied after the spinlock is released. fault_hold() keeps its reference, and the
 *     lock of a private page, until the copy is mapped.
 * Counts VM_STAT_FAULT_COW_REUSE or VM_STAT_FAULT_COW_COPY.
 */
enum fault_result anon_copy_on_write(struct vm_fault *fault);
/*
 * The entry is a slot. Brings the page that has it, from the swap cache: writable where a store
 * follows, nobody else has the page or the slot, and the page is not being written; else for
 * reading only.
 * Returns also: FAULT_WANT_SWAP: the page is on the disk only.
 */
enum fault_result anon_swap_in(struct vm_fault *fault);
/*
 * The page that anon_swap_in brought is mapped: its entry no longer uses the slot.
 * Locks: the page's.
 */
void anon_swapped_in(struct vm_fault *fault);

/*
 * A frame for a private page of fault->vma, with the counts of one mapping. Where the space has
 * rules they are asked: in unreserved memory the page is charged now.
 * frame_flags: FRAME_ZEROED, or 0: the caller fills it.
 * Returns: the page; or NULL, and *why is the result with which the handler has to end:
 *          FAULT_WANT_FRAME, or FAULT_WANT_RULES.
 */
struct page *anon_page_alloc(struct vm_fault *fault, unsigned frame_flags, enum fault_result *why);
/* page is filled: it is to be mapped with all access that the area allows. */
static inline enum fault_result anon_bring(struct vm_fault *fault, struct page *page,
                                           enum vm_stat_item counter)
{
    return fault_bring(fault, page, pte_make_user(page_pfn(page), fault->vma->access), counter);
}
