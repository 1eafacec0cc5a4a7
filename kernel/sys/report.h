/* What is said of a page fault that kills. Chapter "Page Fault Handling". */
#pragma once

#include <stdint.h>

#include "vm/faults/fault_kind.h"

struct mm_struct;

/*
 * One line that teaches: pid, name, cause, address, area, what was allowed.
 * flags: FAULT_FLAG_... of the access; pc: the instruction that made it.
 * Sleeps; holds nothing.
 */
void fault_report(struct mm_struct *mm, uint64_t address, unsigned flags, uint64_t pc,
                  enum fault_result why);
