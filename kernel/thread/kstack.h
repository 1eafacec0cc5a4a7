/* Kernel stacks: one page each, a guard page below, in slots of STACK_BASE (riscv/memlayout.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void *kstack_alloc(void);        /* its lowest byte, or NULL: no memory. Sleeps. */
void kstack_free(void *stack);   /* keeps it for the next one. Never sleeps. */

/*
 * Gives unused stacks back, all of them or what is more than a few. Fences all harts. Locks: the
 * caller holds no spinlock. Never sleeps. Returns frames freed.
 */
uint64_t kstack_trim(bool all);
