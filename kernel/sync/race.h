/*
 * Windows of races, widened (SAN=1, boot argument race=SEED). A thread is delayed at places where
 * another one may change what it has just looked at, so that the other comes first much more often
 * than it would by chance, and a missing second look makes a test fail. Without the argument there
 * are no delays; in other builds there is no code for them. There are two kinds of window:
 *
 *   - Where the last spinlock, a sleeping lock or a page lock is released. The lock's own code
 *     delays there. This finds code that looks at a state, releases the lock, and then acts.
 *   - race_window(), written where no lock is released: between look and act of a path that takes
 *     no lock, and before each fence on other harts. It delays more often.
 *
 * A delay is a yield or a millisecond; once in 256 passes it is two tenths of a second. A place
 * that is passed often delays less often, or tests would take too long. Each hart draws from a
 * sequence of its own, which the seed fixes: on one hart a run can be repeated exactly; on several
 * a second run with the same seed is likely to show the same.
 */
#pragma once

#ifdef SAN
#include <stdbool.h>
#include <stdint.h>

extern bool race_is_on; /* constant after boot */
/* thread/ sets it: sleeps so long; 0: yields. Returns: false: sleeping is not allowed here. */
extern bool (*race_sleep_hook)(uint64_t ticks);

void race_init(void); /* at boot */
void race_pass(uint32_t *place); /* *place counts its passes */
void race_lock_dropped_at(void *place);
void race_lock_dropped_here(void) __attribute__((noinline));

/* Locks: any. Sleeps where that is allowed; else it spins, for a millisecond at most. */
#define race_window()           \
    do {                        \
        static uint32_t passed; \
        if (race_is_on)         \
            race_pass(&passed); \
    } while (0)

/* A lock was released, by the function into which this is inlined. Sleeps, as above. */
static inline void race_lock_dropped(void)
{
    if (race_is_on)
        race_lock_dropped_here();
}
#else
#define race_init() ((void)0)
#define race_window() ((void)0)
#define race_lock_dropped() ((void)0)
#endif
