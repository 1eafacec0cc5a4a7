/*
 * Widened windows (SAN=1, boot argument race=SEED). Where a lock was dropped and the state is
 * looked at again, between look and act of a path that takes no lock, and before each fence on
 * other harts, race_window() may let others go first: so a fact that is not looked at again becomes
 * a failure that a test sees. Without the argument it does nothing; other builds have no trace of
 * it.
 *
 * Each hart draws from a sequence of its own, which the seed fixes.
 */
#ifndef SYNC_RACE_H
#define SYNC_RACE_H

#ifdef SAN
#include <stdbool.h>
#include <stdint.h>

extern bool race_is_on;      /* constant after boot */
extern void (*race_yield_hook)(uint64_t ticks); /* thread/ sets it: sleeps so long, 0: yields */

void race_init(void); /* at boot */
void race_delay(void);

/* Locks: any, or none. Sleeps: where no spinlock is held and interrupts are on; else it spins. */
static inline void race_window(void)
{
    if (race_is_on)
        race_delay();
}
#else
static inline void race_init(void)
{
}

static inline void race_window(void)
{
}
#endif

#endif
