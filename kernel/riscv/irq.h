/*
 * Interrupts of devices. All go to the boot hart, so no two harts race for one, and no idle hart is
 * woken needlessly. Handlers run with interrupts off and do not sleep.
 */
#pragma once

#include <stdint.h>

#define IRQ_COUNT 128 /* machine.c leaves out devices with higher numbers */

void irq_init(void); /* once, on the boot hart */

/* From now on the handler is called for this interrupt, 1 .. IRQ_COUNT - 1. At boot only. */
void irq_register(uint32_t irq, void (*handler)(void *), void *argument);

void irq_dispatch(void); /* for the external-interrupt trap: serves all pending interrupts */
