/*
 * Messages to the console. One lock, taken with interrupts off, keeps each message whole. A hart
 * that panics does not take it: its holder may be this hart, or one that was stopped.
 */
#include "sync/printf.h"

#include <stddef.h>

#include "lib/format.h"
#include "riscv/sbi.h"
#include "sync/spinlock.h"

static struct spinlock console_lock = SPINLOCK("printf", RANK_CONSOLE);

void (*console_put)(char c) = sbi_console_put;
void (*power_off_hook)(int status);

static void put(void *context, char c)
{
    (void)context;
    console_put(c);
}

void printf_v(const char *format, va_list list)
{
    bool lock = !panic_is_on();
    uint64_t flags = 0;

    if (lock)
        flags = spin_lock_irq(&console_lock);
    format_v(put, NULL, format, list);
    if (lock)
        spin_unlock_irq(&console_lock, flags);
}

void printf(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    printf_v(format, list);
    va_end(list);
}

void power_off(int status)
{
    if (power_off_hook)
        power_off_hook(status);
    sbi_shutdown(status != 0);
}
