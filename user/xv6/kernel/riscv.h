/* Pages, page-table entries (Sv39) and the registers that a user program can read. */
#ifndef XV6_RISCV_H
#define XV6_RISCV_H

#include "kernel/types.h"

#define PGSIZE 4096
#define PGSHIFT 12
#define PGROUNDUP(sz) (((sz) + PGSIZE - 1) & ~(PGSIZE - 1))
#define PGROUNDDOWN(a) (((a)) & ~(PGSIZE - 1))

#define SUPERPGSIZE (2 * (1 << 20))
#define SUPERPGROUNDUP(sz) (((sz) + SUPERPGSIZE - 1) & ~(SUPERPGSIZE - 1))

#define PTE_V (1L << 0)
#define PTE_R (1L << 1)
#define PTE_W (1L << 2)
#define PTE_X (1L << 3)
#define PTE_U (1L << 4)

#define PA2PTE(pa) ((((uint64)pa) >> 12) << 10)
#define PTE2PA(pte) (((pte) >> 10) << 12)
#define PTE_FLAGS(pte) ((pte) & 0x3FF)

#define PXMASK 0x1FF
#define PXSHIFT(level) (PGSHIFT + (9 * (level)))
#define PX(level, va) ((((uint64)(va)) >> PXSHIFT(level)) & PXMASK)

/* One bit less than Sv39 has, so that no address has its highest bit set. */
#define MAXVA (1L << (9 + 9 + 9 + 12 - 1))

#ifndef __ASSEMBLER__
typedef uint64 pte_t;
typedef uint64 *pagetable_t;

static inline uint64 r_sp(void)
{
    uint64 value;

    __asm__ volatile("mv %0, sp" : "=r"(value));
    return value;
}

static inline uint64 r_tp(void)
{
    uint64 value;

    __asm__ volatile("mv %0, tp" : "=r"(value));
    return value;
}

static inline uint64 r_ra(void)
{
    uint64 value;

    __asm__ volatile("mv %0, ra" : "=r"(value));
    return value;
}

static inline uint64 r_time(void)
{
    uint64 value;

    __asm__ volatile("csrr %0, time" : "=r"(value));
    return value;
}
#endif

#endif
