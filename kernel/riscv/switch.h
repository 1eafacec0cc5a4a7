/* From one kernel thread's registers to another's (riscv/switch.S). */
#pragma once

struct context;

/*
 * Saves the callee-saved registers in from, takes those of to, and returns on to's stack: in a new
 * thread, to the function that its ra names. Interrupts off.
 */
void context_switch(struct context *from, struct context *to);
