/* Messages to the console, and the end of the machine. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

/* Formats: %d %i %u %x %p %s %c %% with l, ll, z, width, 0 and - as in C. Any context. */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

void printf_v(const char *format, va_list list);

/*
 * For kernel bugs only: prints the message, the registers and a symbolised backtrace, stops the
 * other harts, and powers off with status 126.
 */
void panic(const char *format, ...) __attribute__((noreturn, cold, format(printf, 1, 2)));

/* The same for a trap in the kernel, with the registers and the backtrace of its frame. */
struct trap_frame;
void panic_trap(const struct trap_frame *frame, const char *format, ...)
    __attribute__((noreturn, cold, format(printf, 2, 3)));

bool panic_is_on(void); /* Is this hart panicking? Then printf takes no lock. */

/* The handler of software interrupts calls it. Does not return if another hart panics. */
void panic_stop_hart(void);

#define assert(condition) \
    ((condition) ? (void)0 : panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition))

/* An assertion for SAN builds only, because of its cost. */
#ifdef SAN
#define san_assert(condition) assert(condition)
#else
#define san_assert(condition) ((void)0)
#endif

/* dev/ sets these; until then the SBI's functions are used. */
extern void (*console_put)(char c);
extern void (*power_off_hook)(int status) ;
void power_off(int status) __attribute__((noreturn)); /* 0..127 becomes QEMU's exit status */
