/*
 * Control and status registers of supervisor mode (privileged specification, "Supervisor CSRs"),
 * and the few instructions that C cannot say. The bits are numbered here and nowhere else.
 */
#pragma once

#include "riscv/memlayout.h"

#define SSTATUS_SIE (1 << 1)  /* interrupts on */
#define SSTATUS_SPIE (1 << 5) /* interrupts were on before the trap */
#define SSTATUS_SPP (1 << 8)  /* the trap came from supervisor mode */
#define SSTATUS_VS (3 << 9)   /* state of the vector registers: always off */
#define SSTATUS_FS (3 << 13)  /* state of the floating-point registers: enum fp_use */
#define SSTATUS_FS_INITIAL (1 << 13)
#define SSTATUS_SUM (1 << 18) /* the kernel may touch user pages: never */
#define SSTATUS_MXR (1 << 19) /* executable pages may be read: never */

/* Bits of sie and sip; the numbers are those of the interrupt causes. */
#define SIE_SOFTWARE (1 << 1)
#define SIE_TIMER (1 << 5)
#define SIE_EXTERNAL (1 << 9)

#define SATP_MODE_SHIFT 60
#define SATP_ASID_SHIFT 44
#define SATP_SV39 ADDRESS(8) /* three levels; each further level one more */

#ifndef __ASSEMBLER__
#include <stdbool.h>

enum interrupt_cause { /* scause without its top bit, which is set */
    INTERRUPT_SOFTWARE = 1,
    INTERRUPT_TIMER = 5,
    INTERRUPT_EXTERNAL = 9,
};
#define SCAUSE_INTERRUPT (1ul << 63)

enum exception_cause {
    EXCEPTION_FETCH_MISALIGNED = 0,
    EXCEPTION_FETCH_ACCESS = 1,
    EXCEPTION_ILLEGAL = 2,
    EXCEPTION_BREAKPOINT = 3,
    EXCEPTION_LOAD_MISALIGNED = 4,
    EXCEPTION_LOAD_ACCESS = 5,
    EXCEPTION_STORE_MISALIGNED = 6,
    EXCEPTION_STORE_ACCESS = 7,
    EXCEPTION_USER_CALL = 8,
    EXCEPTION_FETCH_PAGE = 12,
    EXCEPTION_LOAD_PAGE = 13,
    EXCEPTION_STORE_PAGE = 15,
};

/* name is a word: csr_read(sstatus). */
#define csr_read(name)                                              \
    ({                                                              \
        uint64_t csr_value_;                                        \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value_) : : "memory"); \
        csr_value_;                                                 \
    })
#define csr_write(name, value) \
    __asm__ volatile("csrw " #name ", %0" : : "rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits) \
    __asm__ volatile("csrs " #name ", %0" : : "rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) \
    __asm__ volatile("csrc " #name ", %0" : : "rK"((uint64_t)(bits)) : "memory")

static inline void interrupts_on(void)
{
    csr_set(sstatus, SSTATUS_SIE);
}

static inline void interrupts_off(void)
{
    csr_clear(sstatus, SSTATUS_SIE);
}

static inline bool interrupts_are_on(void)
{
    return csr_read(sstatus) & SSTATUS_SIE;
}

/* Turns interrupts off. Returns: the argument for interrupts_restore. */
static inline uint64_t interrupts_save(void)
{
    uint64_t flags;

    __asm__ volatile("csrrci %0, sstatus, %1" : "=r"(flags) : "i"(SSTATUS_SIE) : "memory");
    return flags & SSTATUS_SIE;
}

static inline void interrupts_restore(uint64_t flags)
{
    csr_set(sstatus, flags & SSTATUS_SIE);
}

/* Interrupts this hart, at once or as soon as interrupts are on. */
static inline void interrupt_software_set(void)
{
    csr_set(sip, SIE_SOFTWARE);
}

/* Clears a software interrupt, of this hart or another one. */
static inline void interrupt_software_clear(void)
{
    csr_clear(sip, SIE_SOFTWARE);
}

/* Sleeps until an interrupt is pending that sie lets through, whether sstatus.SIE is set or not. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("wfi" : : : "memory");
}

/*
 * Tells a hart that shares its core that this one spins (unprivileged specification,
 * "Zihintpause").
 */
static inline void spin_hint(void)
{
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" : : : "memory");
}

/* Orders memory against device registers, both ways. */
static inline void device_fence(void)
{
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}

static inline void instruction_fence(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}
#endif
