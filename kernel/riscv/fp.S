/*
 * The user's floating-point registers. The kernel uses none, so sstatus.FS is on only here; what
 * user mode gets comes with sstatus from its trap frame.
 *
 * The kernel is built for a machine without floating point, and not every assembler can be told
 * otherwise for one file. So the 32 loads and stores are put together from their fields
 * (unprivileged specification, "RV32/64G Instruction Set Listings").
 */
#include "riscv/csr.h"

#define FLD 0x3007 /* fld f0, 0(x0) */
#define FSD 0x3027 /* fsd f0, 0(x0) */
#define BASE_A0 (10 << 15)

    .text
    .balign 4
    .globl fp_save
fp_save:
    li t0, SSTATUS_FS
    csrs sstatus, t0
    .set n, 0
    .rept 32 /* fsd fn, 8 * n(a0) */
    .4byte FSD | BASE_A0 | n << 20 | (8 * n & 0x1f) << 7 | (8 * n >> 5) << 25
    .set n, n + 1
    .endr
    csrr t1, fcsr
    sd t1, 256(a0)
    csrc sstatus, t0
    ret

    .globl fp_restore
fp_restore:
    li t0, SSTATUS_FS
    csrs sstatus, t0
    .set n, 0
    .rept 32 /* fld fn, 8 * n(a0) */
    .4byte FLD | BASE_A0 | n << 7 | (8 * n) << 20
    .set n, n + 1
    .endr
    ld t1, 256(a0)
    csrw fcsr, t1
    csrc sstatus, t0
    ret
