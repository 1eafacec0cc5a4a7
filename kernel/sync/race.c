/* Widened windows. See sync/race.h. */
#include "sync/race.h"

#ifdef SAN
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/machine.h"
#include "riscv/timer.h"
#include "sync/printf.h"

bool race_is_on;
void (*race_yield_hook)(uint64_t ticks);

static uint64_t race_state[MAX_HARTS]; /* each its hart's own, preemption off */

void race_init(void)
{
    uint64_t seed = boot_number("race");

    if (seed == 0)
        return;
    for (uint64_t i = 0; i < MAX_HARTS; i++)
        race_state[i] = (seed + i) * 0x9e3779b97f4a7c15ul | 1;
    race_is_on = true;
    printf("windows are widened by race=%lu\n", (unsigned long)seed);
}

/* The next number of this hart's sequence (xorshift64*). */
static uint64_t race_draw(void)
{
    uint64_t state;

    preempt_disable();
    state = race_state[hart_index()];
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    race_state[hart_index()] = state;
    preempt_count_drop();
    return state * 0x2545f4914f6cdd1dul >> 32;
}

void race_delay(void)
{
    uint64_t drawn = race_draw();
    uint64_t milliseconds = drawn % 256 == 0 ? 200 : drawn % 8 == 0 ? 1 : 0;
    bool may_sleep = race_yield_hook && interrupts_are_on() && this_hart()->preempt_count == 0;
    uint64_t ticks = milliseconds * (timer_frequency / 1000);
    uint64_t end = timer_now() + ticks;

    if (may_sleep && drawn % 4 == 0)
        race_yield_hook(ticks);
    else if (drawn % 4 == 0)
        while (timer_now() < end)
            spin_hint();
}
#endif
