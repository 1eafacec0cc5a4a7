/*
 * A serial line of type 16550. Output polls the device, since printf holds the console's lock and
 * has to work with interrupts off. Input comes by interrupt.
 */
#include "dev/uart.h"

#include <stddef.h>

#include "riscv/irq.h"
#include "riscv/machine.h"
#include "riscv/memlayout.h"
#include "sync/printf.h"

enum uart_register {
    UART_DATA = 0,
    UART_INTERRUPT_ENABLE = 1,
    UART_FIFO_CONTROL = 2,
    UART_LINE_CONTROL = 3,
    UART_LINE_STATUS = 5,
};
#define UART_ENABLE_INPUT 0x01
#define UART_FIFO_ON 0x01 /* and not cleared: characters may have been typed already */
#define UART_8_BITS 0x03
#define UART_INPUT_READY 0x01
#define UART_OUTPUT_EMPTY 0x20

void (*console_input_hook)(char c);

static volatile uint8_t *uart_at(enum uart_register number)
{
    return (volatile uint8_t *)direct_va(machine.uart.registers.start) + number;
}

static void uart_put(char c)
{
    while ((*uart_at(UART_LINE_STATUS) & UART_OUTPUT_EMPTY) == 0)
        ;
    *uart_at(UART_DATA) = (uint8_t)c;
}

static void uart_interrupt(void *unused)
{
    (void)unused;
    while ((*uart_at(UART_INTERRUPT_ENABLE) & UART_ENABLE_INPUT) &&
           (*uart_at(UART_LINE_STATUS) & UART_INPUT_READY))
        console_input_hook((char)*uart_at(UART_DATA));
}

void uart_init(void)
{
    if (machine.uart.registers.bytes == 0)
        return;
    *uart_at(UART_INTERRUPT_ENABLE) = 0;
    *uart_at(UART_LINE_CONTROL) = UART_8_BITS;
    *uart_at(UART_FIFO_CONTROL) = UART_FIFO_ON;
    console_put = uart_put;
}

void uart_set_input(bool on)
{
    *uart_at(UART_INTERRUPT_ENABLE) = on ? UART_ENABLE_INPUT : 0;
}

void uart_start_input(void)
{
    if (machine.uart.irq == 0 || !console_input_hook)
        return;
    irq_register(machine.uart.irq, uart_interrupt, NULL);
    uart_set_input(true);
}
