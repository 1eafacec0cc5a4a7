/* On the host a test's arena stands in for RAM: the direct map is where mock_ram() put it. */
#ifndef HOST_RISCV_MEMLAYOUT_H
#define HOST_RISCV_MEMLAYOUT_H

#define direct_va riscv_direct_va
#define direct_pa riscv_direct_pa
#include_next "riscv/memlayout.h"
#undef direct_va
#undef direct_pa

extern uint64_t host_direct_base;

static inline void *direct_va(uint64_t pa)
{
    return (void *)(host_direct_base + pa);
}

static inline uint64_t direct_pa(const void *va)
{
    return (uint64_t)va - host_direct_base;
}

#endif
