/* Time: one counter for all harts, and a deadline for each hart. */
#pragma once

#include <stdint.h>

#define TIMER_NEVER (~0ul)

extern uint64_t timer_frequency; /* ticks of timer_now() per second: the device tree says it */

static inline uint64_t timer_now(void)
{
    uint64_t now;

    __asm__ volatile("csrr %0, time" : "=r"(now) : : "memory");
    return now;
}

/*
 * Interrupts this hart when timer_now() >= deadline; replaces the old deadline. A deadline in the
 * future clears a pending interrupt; TIMER_NEVER turns the timer off.
 */
void timer_set(uint64_t deadline);
