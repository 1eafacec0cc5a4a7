/* Waiting for what a round of a page fault could not have. Chapter "Page Fault Handling". */
#pragma once

#include "vm/faults/fault.h"

/*
 * Keeps page, with its reference, for the next round.
 * Locks: none needed.
 */
void fault_keep(struct vm_fault *fault, struct page *page);

/*
 * Waits for want, one of FAULT_WANT_...; any other value comes back as it is.
 * Returns: FAULT_RETRY: look again; else how the fault ends: FAULT_INTERRUPTED, if the thread was.
 * Sleeps; holds nothing.
 */
enum fault_result fault_wait(struct vm_fault *fault, enum fault_result want);
