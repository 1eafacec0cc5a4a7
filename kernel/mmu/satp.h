/* The satp value that makes a page table active. mmu/ and riscv/ only. */
#ifndef MMU_SATP_H
#define MMU_SATP_H

#include "mmu/page_table.h"
#include "riscv/csr.h"

static inline uint64_t satp_make(const struct page_table *table, uint64_t asid)
{
    /* Sv39 is mode 8, and each further level one more. */
    return (uint64_t)(table->levels + 5) << SATP_MODE_SHIFT | asid << SATP_ASID_SHIFT |
           direct_pa(table->root) >> PAGE_SHIFT;
}

#endif
