/*
 * Address-space identifiers, with generations: when the numbers run out, a new generation begins,
 * each hart flushes once before it uses a number of it, and a page table with a number of an old
 * generation gets a new one when it is entered next.
 */
#ifndef MMU_ASID_H
#define MMU_ASID_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu/page_table.h"

extern uint32_t asid_bits; /* that satp has; 0: the machine has no ASIDs. Constant after boot */

void asid_init(void);
/*
 * The number to enter table with on this hart. *flush: the hart must flush everything first.
 * Interrupts off.
 */
uint64_t asid_enter(struct page_table *table, bool *flush);

#endif
