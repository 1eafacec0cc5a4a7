/*
 * The bits of sstatus in a user's trap frame (privileged specification, "Supervisor Status
 * Register"), for code that builds and copies frames without knowing control registers.
 */
#pragma once

#include "lib/string.h"
#include "riscv/csr.h"
#include "riscv/trap.h"

/* sstatus.FS: are the floating-point registers in use, and are they saved? */
enum fp_use { FP_OFF, FP_INITIAL, FP_CLEAN, FP_DIRTY };

static inline enum fp_use user_state_fp(const struct trap_frame *frame)
{
    return (frame->sstatus & SSTATUS_FS) / SSTATUS_FS_INITIAL;
}

static inline void user_state_set_fp(struct trap_frame *frame, enum fp_use use)
{
    frame->sstatus = (frame->sstatus & ~(uint64_t)SSTATUS_FS) | (uint64_t)use * SSTATUS_FS_INITIAL;
}

/* The state of a new program: all registers zero, floating point off, interrupts on. */
static inline void user_state_init(struct trap_frame *frame, uint64_t pc, uint64_t sp)
{
    const uint64_t off = SSTATUS_SIE | SSTATUS_SPP | SSTATUS_FS | SSTATUS_VS;

    memset(frame, 0, sizeof(*frame));
    frame->sepc = pc;
    frame->sp = sp;
    frame->sstatus = (csr_read(sstatus) & ~off) | SSTATUS_SPIE;
}
