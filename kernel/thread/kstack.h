/* Kernel stacks: one page each, a guard page below, in slots of STACK_BASE (riscv/memlayout.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void *kstack_alloc(void);        /* Returns: the lowest byte of a stack, or NULL. Sleeps. */
void kstack_free(void *stack);   /* keeps it for the next thread. Never sleeps. */

/*
 * Frees unused stacks: all of them, or all but a few. Fences all harts.
 * Locks: no spinlock held. Never sleeps. Returns: how many frames were freed.
 */
uint64_t kstack_trim(bool all);
