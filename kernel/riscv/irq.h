/*
 * Interrupts of devices. All of them go to the boot hart: no two harts race for one, and no
 * sleeping hart is woken for nothing. Handlers run with interrupts off, and do not sleep.
 */
#pragma once

#include <stdint.h>

#define IRQ_COUNT 128 /* machine.c leaves out devices with higher numbers */

void irq_init(void); /* once, on the boot hart */

/* From now on the handler is called for this interrupt, 1 .. IRQ_COUNT - 1. At boot only. */
void irq_register(uint32_t irq, void (*handler)(void *), void *argument);

void irq_dispatch(void); /* the external-interrupt trap: serves all that are pending */
