/* Time: a counter that runs everywhere at the same rate, and one deadline per hart. */
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
 * Interrupts this hart when timer_now() >= deadline; replaces the deadline before. A deadline that
 * has not come yet withdraws a pending interrupt: TIMER_NEVER to be left alone.
 */
void timer_set(uint64_t deadline);
