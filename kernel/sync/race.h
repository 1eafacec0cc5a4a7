/*
 * Widened windows (SAN=1, boot argument race=SEED): others go first where they seldom would, so
 * that a fact that is not looked at again becomes a failure that a test sees. Without the argument
 * nothing happens; other builds have no trace of it. There are two kinds of window:
 *
 * Wherever the last spinlock, a sleeping lock or a page lock is dropped. Nothing is to be written
 * there: the lock does it. Code that looks at a state, drops its lock and acts is caught so.
 *
 * race_window(), written where no lock is dropped: between look and act of a path that takes none,
 * and before each fence on other harts. It delays more often.
 *
 * A delay is a yield or a millisecond; once in 256 times that a window is passed it is two tenths
 * of a second. A place that is passed often delays more seldom, else nothing would get on. Each
 * hart draws from a sequence of its own, which the seed fixes: on one hart a run repeats, on
 * several the seed is a likely way back.
 */
#pragma once

#ifdef SAN
#include <stdbool.h>
#include <stdint.h>

extern bool race_is_on; /* constant after boot */
/* thread/ sets it: sleeps so long, 0: yields. False: this is no place to sleep. */
extern bool (*race_sleep_hook)(uint64_t ticks);

void race_init(void); /* at boot */
void race_pass(uint32_t *place); /* which counts how often it was passed */
void race_lock_dropped_at(void *place);
void race_lock_dropped_here(void) __attribute__((noinline));

/* Locks: any, or none. Sleeps: where that is allowed; else it spins for a millisecond at most. */
#define race_window()           \
    do {                        \
        static uint32_t passed; \
        if (race_is_on)         \
            race_pass(&passed); \
    } while (0)

/* A lock was dropped, in this function or in the one that it is in line in. Sleeps, as above. */
static inline void race_lock_dropped(void)
{
    if (race_is_on)
        race_lock_dropped_here();
}
#else
static inline void race_init(void)
{
}

static inline void race_window(void)
{
}

static inline void race_lock_dropped(void)
{
}
#endif
