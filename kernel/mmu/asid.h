/*
 * Address-space identifiers (ASIDs): numbers that mark cached entries with their address space.
 * Privileged specification, "Supervisor Address Translation and Protection (satp) Register".
 *
 * satp has asid_bits bits for the number, at most 16, and there may be more address spaces. So
 * numbers are given in generations:
 *
 *     table->context    | generation (48 bits)    | number (16 bits) |
 *
 *     numbers 1, 2, 3 ... are given until they run out; then generation + 1 begins, again with 1
 *     a table of an older generation gets a new number when a hart enters it next
 *     a hart that enters a table of a newer generation than it last saw flushes everything, once
 *
 * So a hart never has entries of two tables cached under one number. Number 0 is the kernel's root.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mmu/page_table.h"

extern uint32_t asid_bits; /* how many satp has; 0: the machine has no ASIDs. Constant after boot */

void asid_init(void);
/*
 * Chooses the number with which this hart enters table. Interrupts are off.
 *   - asid_bits is 0: the number is always 0, and *flush is true.
 *   - table->context is of the current generation: its number. No lock is taken.
 *   - Else, under the lock: look at table->context and the generation again, for another hart may
 *     have been faster; if it is still old, give the table the next number.
 * *flush: the hart must flush everything, because it has not since that generation began; from now
 * on it counts as flushed for it (hart_generation[]).
 */
uint64_t asid_enter(struct page_table *table, bool *flush);
