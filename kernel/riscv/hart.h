/*
 * The data of a hart. In the kernel tp always points to the running hart's struct hart; in user
 * mode sscratch does, and sscratch is 0 in the kernel.
 *
 * A thread that may be preempted can move to another hart between any two instructions, so no
 * pointer to a hart is kept across such a point: each accessor below reads or changes one field,
 * with tp as the base register, in one asm. Preemption happens only while preempt_count is 0, so a
 * thread that is moved in the middle of preempt_disable() finds the same 0 on the new hart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/limits.h"

struct thread;
struct spinlock;

#define HART_EVENTS 64
#define HART_HELD_LOCKS 16

struct hart {
    /* top of the running thread's kernel stack; loaded at a trap from user */
    uint64_t kernel_sp;
    uint64_t user_scratch;   /* the trap vector keeps a register here */
    uint64_t overflow_stack_top; /* for the panic when a kernel stack has overflowed */
    struct thread *thread;   /* running now; never NULL once the hart is up */
    uint32_t preempt_count;  /* > 0: stay on this hart */
    uint32_t need_resched;   /* the timer or a wake-up asks for a switch */
    uint32_t index;          /* 0 .. hart_count - 1 */
    uint32_t id;             /* its number for the SBI */
    uint32_t interrupt_depth; /* SAN: in an interrupt handler */
    uint32_t held_count;     /* SAN: spinlocks held, innermost last */
    uint32_t trace_on;       /* sync/trace.h; the host may write it, too */
    struct spinlock *held[HART_HELD_LOCKS];
    uint64_t events[HART_EVENTS]; /* mem/vm_stat.h gives them names */
};

extern struct hart harts[MAX_HARTS];
extern uint32_t hart_count; /* harts that are up; constant after boot */

/* The offsets that the trap vector knows. */
_Static_assert(offsetof(struct hart, kernel_sp) == 0, "riscv/trap.S");
_Static_assert(offsetof(struct hart, user_scratch) == 8, "riscv/trap.S");
_Static_assert(offsetof(struct hart, overflow_stack_top) == 16, "riscv/trap.S");

/* Preemption must be off, or the field constant, or one of events (mem/vm_stat.h says why). */
static inline struct hart *this_hart(void)
{
    struct hart *hart;
    __asm__ volatile("mv %0, tp" : "=r"(hart));
    return hart;
}

/* Reads a field of the running hart's, by one instruction: lw, lwu or ld. */
#define HART_READ(load, field)                                                          \
    ({                                                                                  \
        uint64_t value_;                                                                \
        __asm__ volatile(load " %0, %1(tp)" : "=r"(value_)                              \
                         : "i"(offsetof(struct hart, field)));                          \
        value_;                                                                         \
    })

static inline struct thread *current_thread(void)
{
    return (struct thread *)HART_READ("ld", thread);
}

/* step is a constant. */
static inline __attribute__((always_inline)) uint64_t preempt_count_add(int step)
{
    uint64_t count;
    __asm__ volatile("lw %0, %1(tp)\n\taddiw %0, %0, %2\n\tsw %0, %1(tp)"
                     : "=&r"(count)
                     : "i"(offsetof(struct hart, preempt_count)), "i"(step)
                     : "memory");
    return count;
}

static inline void preempt_disable(void)
{
    preempt_count_add(1);
}

/* Counts down; when it returns 0 the caller must look at need_resched (see preempt_enable). */
static inline uint64_t preempt_count_drop(void)
{
    return preempt_count_add(-1);
}

static inline void hart_ask_resched(void)
{
    __asm__ volatile("sw %0, %1(tp)"
                     :
                     : "r"(1), "i"(offsetof(struct hart, need_resched))
                     : "memory");
}

static inline bool hart_needs_resched(void)
{
    return HART_READ("lw", need_resched) != 0;
}

static inline bool hart_is_traced(void)
{
    return HART_READ("lw", trace_on) != 0;
}

/* Only a hint while preemption is on. */
static inline uint64_t hart_index(void)
{
    return HART_READ("lwu", index);
}

/*
 * Two pages for each hart: the upper one is the stack on which it boots and later idles, the lower
 * one is for the panic when a kernel stack has overflowed. Address bit 12 tells them apart, as it
 * tells stacks from their guards (riscv/trap.S).
 */
#define HART_STACK_BYTES (2 * 4096)
extern char hart_stacks[MAX_HARTS][HART_STACK_BYTES];

/* Fills in the hart's entry, before it runs. */
void hart_describe(uint32_t index, uint32_t id);
/* This hart's registers for traps and interrupts; each hart once, before its interrupts go on. */
void hart_init(void);
