/*
 * not_written("name") stands in a hand-out where a student's function will be: the machine says so
 * on its console, and powers off. It does not return.
 *
 * It uses the firmware alone, and nothing of the kernel: so it works before paging is on, on any
 * hart, whatever is locked. If several harts come here, one speaks. The kernel does not have this
 * file; `make handout` puts it into a hand-out, as kernel/sync/not_written.h, with the lab's name.
 */
#pragma once

#define NOT_WRITTEN_LAB "LAB" /* `make handout` writes the name here */

#define not_written(name) not_written_say((name), __FILE__)

#ifdef USER_USER_H /* in a program: it ends, and the machine goes on */
static __attribute__((noreturn, unused)) void not_written_say(const char *name, const char *file)
{
    fprintf(STDERR, "not written yet: %s(), in %s\nBegin with tests/labs/" NOT_WRITTEN_LAB
            "/README.md.\n", name, file);
    exit(1);
}
#else

/* One for all files that include this. */
int not_written_said __attribute__((weak));

/* A call of the firmware, as in the SBI specification 1.0. Returns: its value; 0: it failed. */
static inline unsigned long not_written_call(unsigned long extension, unsigned long function,
                                             unsigned long x, unsigned long y)
{
    register unsigned long a0 __asm__("a0") = x;
    register unsigned long a1 __asm__("a1") = y;
    register unsigned long a2 __asm__("a2") = 0;
    register unsigned long a6 __asm__("a6") = function;
    register unsigned long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return a0 == 0 ? a1 : 0;
}

static inline void not_written_print(const char *text)
{
    const unsigned long debug_console = 0x4442434e, write_byte = 2, old_putchar = 0x01;
    unsigned long has_debug_console = not_written_call(0x10, 3 /* probe */, debug_console, 0);

    for (; *text; text++) {
        if (has_debug_console)
            not_written_call(debug_console, write_byte, (unsigned char)*text, 0);
        else
            not_written_call(old_putchar, 0, (unsigned char)*text, 0);
    }
}

static __attribute__((noreturn, noinline, cold, unused)) void not_written_say(const char *name,
                                                                             const char *file)
{
    const unsigned long system_reset = 0x53525354, old_shutdown = 0x08;

    __asm__ volatile("csrci sstatus, 2"); /* no interrupts */
    if (!__atomic_exchange_n(&not_written_said, 1, __ATOMIC_ACQ_REL)) {
        not_written_print("\nnot written yet: ");
        not_written_print(name);
        not_written_print("(), in ");
        not_written_print(file);
        not_written_print("\nBegin with tests/labs/" NOT_WRITTEN_LAB "/README.md; `make grade` "
                          "tries your functions without the kernel.\n");
        not_written_call(system_reset, 0, 0 /* shut down */, 1 /* for a failure */);
        not_written_call(old_shutdown, 0, 0, 0);
    }
    for (;;)
        __asm__ volatile("wfi");
}
#endif
