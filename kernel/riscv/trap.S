/*
 * The one trap vector, and the way back. Traps from user mode and from the kernel come here;
 * sscratch tells them apart: the hart's address in user mode, 0 in the kernel.
 *
 * From user mode the whole of the user's registers goes to the frame at the top of the thread's
 * kernel stack. The page table stays: the kernel's half is in every one.
 */
#include "riscv/csr.h"
#include "riscv/trap.h"

#define HART_KERNEL_SP 0
#define HART_USER_SCRATCH 8
#define HART_OVERFLOW_STACK 16

#define FRAME(n) (8 * ((n) - 1)) /* of register xn */

/* Does the instruction for all registers but sp (x2) and tp (x4), which need care. */
.macro for_most_registers instruction
    .irp n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \instruction x\n, FRAME(\n)(sp)
    .endr
.endm

/*
 * The registers are in the frame at sp; what is left is the CSRs. The .cfi lines tell gdb so: its
 * backtrace goes on to what was interrupted, at sepc: for DWARF, register 4096 + 0x141.
 */
.macro save_csrs_and_call function
    csrr t0, sepc
    csrr t1, sstatus
    csrr t2, scause
    csrr t3, stval
    sd t0, TRAP_FRAME_SEPC(sp)
    sd t1, TRAP_FRAME_SSTATUS(sp)
    sd t2, TRAP_FRAME_SCAUSE(sp)
    sd t3, TRAP_FRAME_STVAL(sp)
    .cfi_remember_state
    .cfi_def_cfa sp, TRAP_FRAME_SIZE
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    .cfi_offset \n, FRAME(\n) - TRAP_FRAME_SIZE
    .endr
    .cfi_offset 4096 + 0x141, TRAP_FRAME_SEPC - TRAP_FRAME_SIZE
    mv a0, sp
    call \function
.endm

/*
 * A reservation of LR lasts over a trap. It must not last over a switch, or the SC of one thread
 * may count for the LR of another. Any SC ends it; this one stores, if at all, what is there: x1.
 */
.macro restore_all_but_sp_and_tp
    ld t0, TRAP_FRAME_SEPC(sp)
    ld t1, TRAP_FRAME_SSTATUS(sp)
    csrw sepc, t0
    csrw sstatus, t1
    for_most_registers ld
    sc.d zero, x1, (sp)
    .cfi_restore_state
.endm

    .text
    .balign 4
    .globl trap_vector
    .cfi_sections .debug_frame
trap_vector:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_return_column 4096 + 0x141
    csrrw tp, sscratch, tp
    beqz tp, trap_from_kernel

    /* From user mode: tp is the hart, sscratch the user's tp. */
    sd sp, HART_USER_SCRATCH(tp)
    ld sp, HART_KERNEL_SP(tp)
    addi sp, sp, -TRAP_FRAME_SIZE
    for_most_registers sd
    ld t0, HART_USER_SCRATCH(tp)
    csrrw t1, sscratch, zero
    sd t0, FRAME(2)(sp)
    sd t1, FRAME(4)(sp)
    save_csrs_and_call trap_user

trap_restore_user:
    csrw sscratch, tp
    restore_all_but_sp_and_tp
    ld x4, FRAME(4)(sp)
    ld sp, FRAME(2)(sp)
    sret

    .globl trap_return_to_user
trap_return_to_user: /* a0: the frame. Interrupts go off before anything is taken back. */
    csrci sstatus, SSTATUS_SIE
    mv sp, a0
    j trap_restore_user

kernel_stack_overflow:
    addi t0, sp, TRAP_FRAME_SIZE
    ld sp, HART_OVERFLOW_STACK(tp)
    addi sp, sp, -TRAP_FRAME_SIZE
    sd t0, FRAME(2)(sp)
    ld t0, HART_USER_SCRATCH(tp)
    for_most_registers sd
    sd tp, FRAME(4)(sp)
    save_csrs_and_call trap_stack_overflow /* does not return */
    .cfi_restore_state

/*
 * A kernel stack is a page with address bit 12 set, below it is a guard page. So where the bit is
 * clear for the frame's address, the stack has no room for it: the trap is that of a push into the
 * guard page, or would become one.
 */
trap_from_kernel:
    csrrw tp, sscratch, tp
    addi sp, sp, -TRAP_FRAME_SIZE
    sd t0, HART_USER_SCRATCH(tp)
    srli t0, sp, PAGE_SHIFT
    andi t0, t0, 1
    beqz t0, kernel_stack_overflow
    ld t0, HART_USER_SCRATCH(tp)
    for_most_registers sd
    addi t0, sp, TRAP_FRAME_SIZE
    sd t0, FRAME(2)(sp)
    sd tp, FRAME(4)(sp)
    save_csrs_and_call trap_kernel

    /* The thread may have moved to another hart meanwhile: tp is this hart's, not the frame's. */
    restore_all_but_sp_and_tp
    addi sp, sp, TRAP_FRAME_SIZE
    sret
    .cfi_endproc
