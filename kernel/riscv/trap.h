/*
 * The registers that a trap saves. The vector (riscv/trap.S) stores every register in a frame and
 * calls trap_user() or trap_kernel() of sys/; both return with interrupts off, and the vector
 * restores the registers from the frame. A user thread's frame lies at the very top of its kernel
 * stack.
 */
#pragma once

#define TRAP_FRAME_SIZE 288 /* sp stays aligned to 16 */
#define TRAP_FRAME_SEPC 248
#define TRAP_FRAME_SSTATUS 256
#define TRAP_FRAME_SCAUSE 264
#define TRAP_FRAME_STVAL 272

#ifndef __ASSEMBLER__

#include "riscv/hart.h"
#include "riscv/memlayout.h"

struct trap_frame {
    uint64_t ra, sp, gp, tp, t0, t1, t2, s0, s1;  /* x1 to x31, in order */
    uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
    uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
    uint64_t t3, t4, t5, t6;
    uint64_t sepc, sstatus, scause, stval;
    uint64_t unused;
};
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_SIZE, "trap.S reserves the frame");
_Static_assert(offsetof(struct trap_frame, sepc) == TRAP_FRAME_SEPC, "trap.S");
_Static_assert(offsetof(struct trap_frame, stval) == TRAP_FRAME_STVAL, "trap.S");

/* The frame of the user registers on a kernel stack; stack is its lowest byte. */
static inline struct trap_frame *trap_frame_of(void *stack)
{
    return (struct trap_frame *)((char *)stack + PAGE_SIZE - sizeof(struct trap_frame));
}

void trap_vector(void); /* the address for stvec */

/* In sys/trap.c; interrupts are off when the vector calls them, and again when they return. */
void trap_user(struct trap_frame *frame);
void trap_kernel(struct trap_frame *frame);
/* The kernel stack has overflowed; frame lies on a stack of its own. Panics. */
void trap_stack_overflow(struct trap_frame *frame) __attribute__((noreturn));

/*
 * Goes to user mode with the registers of frame, which lies at the top of this thread's stack.
 */
void trap_return_to_user(struct trap_frame *frame) __attribute__((noreturn));

/* The floating-point registers f0 to f31, then fcsr. sstatus.FS is Off afterwards (riscv/fp.S). */
#define FP_STATE_WORDS 33
void fp_save(uint64_t state[FP_STATE_WORDS]);
void fp_restore(const uint64_t state[FP_STATE_WORDS]);
#endif
