/* The satp value that makes a page table active. mmu/ and riscv/ only. */
#pragma once

#include "mmu/page_table.h"
#include "riscv/csr.h"

static inline uint64_t satp_make(const struct page_table *table, uint64_t asid)
{
    return (SATP_SV39 + table->levels - 3) << SATP_MODE_SHIFT | asid << SATP_ASID_SHIFT |
           direct_pa(table->root) >> PAGE_SHIFT;
}
