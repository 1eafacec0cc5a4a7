/*
 * The platform-level interrupt controller (RISC-V Platform-Level Interrupt Controller Specification
 * 1.0, "Memory Map"). Registers are 32 bits wide. Only the boot hart's supervisor context is used.
 */

#include "riscv/csr.h"
#include "riscv/irq.h"
#include "riscv/machine.h"
#include "riscv/memlayout.h"

enum plic_offset {
    PLIC_PRIORITY = 0x0,       /* a word for each source; 0: never interrupts */
    PLIC_ENABLE = 0x2000,      /* a bit for each source, 0x80 bytes for each context */
    PLIC_ENABLE_STRIDE = 0x80,
    /* threshold, then claim and complete; 0x1000 bytes for each context */
    PLIC_CONTEXT = 0x200000,
    PLIC_CONTEXT_STRIDE = 0x1000,
    PLIC_THRESHOLD = 0,
    PLIC_CLAIM = 4,
};

struct irq_handler {
    void (*function)(void *);
    void *argument;
};
static struct irq_handler handlers[IRQ_COUNT]; /* constant after boot */

static volatile uint32_t *plic_register(uint64_t offset)
{
    return direct_va(machine.plic.registers.start + offset);
}

static volatile uint32_t *plic_context(uint64_t offset)
{
    return plic_register(PLIC_CONTEXT + machine.plic_context * PLIC_CONTEXT_STRIDE + offset);
}

static volatile uint32_t *plic_enable(uint32_t irq)
{
    return plic_register(PLIC_ENABLE + machine.plic_context * PLIC_ENABLE_STRIDE) + irq / 32;
}

void irq_init(void)
{
    for (uint32_t irq = 0; irq < IRQ_COUNT; irq += 32)
        *plic_enable(irq) = 0;
    *plic_context(PLIC_THRESHOLD) = 0;
}

void irq_register(uint32_t irq, void (*handler)(void *), void *argument)
{
    handlers[irq] = (struct irq_handler){handler, argument};
    device_fence(); /* the boot hart may be interrupted as soon as the source is enabled */
    *(plic_register(PLIC_PRIORITY) + irq) = 1;
    *plic_enable(irq) |= 1u << irq % 32;
}

void irq_dispatch(void)
{
    volatile uint32_t *claim = plic_context(PLIC_CLAIM);
    uint32_t irq;

    while ((irq = *claim) != 0) {
        if (irq < IRQ_COUNT && handlers[irq].function)
            handlers[irq].function(handlers[irq].argument);
        *claim = irq; /* complete: the source may interrupt again */
    }
}
