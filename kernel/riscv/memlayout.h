/*
 * Where things are in the upper half. The kernel uses only the top 256 GiB of the address space,
 * which are canonical in Sv39, Sv48 and Sv57: root entries 256..511 in Sv39, the last root entry in
 * Sv48 and Sv57. So the same addresses hold in every mode.
 *
 *   DIRECT_BASE   direct map: physical address p is at DIRECT_BASE + p (RAM, and device pages)
 *   STACK_BASE    kernel stacks: slots of 8 KiB, a guard page below one page of stack
 *   KERNEL_BASE   the image, at the physical address it was loaded to
 */
#pragma once

#ifdef __ASSEMBLER__
#define ADDRESS(x) x
#else
#define ADDRESS(x) x##ul
#endif

#define PAGE_SHIFT 12
#define PAGE_SIZE ADDRESS(4096)
#define PAGE_MASK (PAGE_SIZE - 1)
#define PAGE_ROUND_UP(x) (((x) + PAGE_MASK) & ~PAGE_MASK)
#define PAGE_ROUND_DOWN(x) ((x) & ~PAGE_MASK)

#define KERNEL_HALF ADDRESS(0xffffffc000000000)
#define DIRECT_BASE ADDRESS(0xffffffc000000000)
#define DIRECT_SIZE (ADDRESS(64) << 30)
#define STACK_BASE ADDRESS(0xffffffe000000000)
#define STACK_SLOT ADDRESS(8192)
#define STACK_SLOTS ADDRESS(1024)
#define KERNEL_BASE ADDRESS(0xffffffff80000000)

#ifndef __ASSEMBLER__
#include <stdint.h>

static inline void *direct_va(uint64_t pa)
{
    return (void *)(DIRECT_BASE + pa);
}

static inline uint64_t direct_pa(const void *va)
{
    return (uint64_t)va - DIRECT_BASE;
}
#endif
