/* Widened windows. See sync/race.h. */
#include "sync/race.h"

#ifdef SAN
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/machine.h"
#include "riscv/timer.h"
#include "sync/printf.h"

#define DROP_COUNTS 1024u /* counters for places where locks are released, by address */
#define LONG_OFTEN 8192u  /* passes of a place before long delays become rare */

bool race_is_on;
bool (*race_sleep_hook)(uint64_t ticks);

static uint64_t race_seed;
static uint64_t race_state[MAX_HARTS]; /* one for each hart; preemption is off */
static uint32_t drop_count[DROP_COUNTS];

void race_init(void)
{
    race_seed = boot_number("race");
    if (race_seed == 0)
        return;
    for (uint64_t i = 0; i < MAX_HARTS; i++)
        race_state[i] = (race_seed + i) * 0x9e3779b97f4a7c15ul | 1;
    race_is_on = true;
    printf("windows are widened by race=%lu\n", (unsigned long)race_seed);
}

/* Returns: the next number of this hart's sequence (xorshift64*). */
static uint32_t race_draw(void)
{
    uint64_t state;

    preempt_disable();
    state = race_state[hart_index()];
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    race_state[hart_index()] = state;
    preempt_count_drop();
    return (uint32_t)(state * 0x2545f4914f6cdd1dul >> 32);
}

/* Returns: a place with so many passes delays once in how many? */
static uint32_t one_in(uint32_t passed)
{
    return passed < 256 ? 4 : passed < 16384 ? 16 : 64;
}

/* Is this delay a long one? One of each 256 passes of a place is; later one of 4096. */
static bool is_long(const uint32_t *place, uint32_t passed, uint32_t drawn)
{
    uint64_t mixed = (race_seed + (uint64_t)place + passed / 256) * 0x9e3779b97f4a7c15ul;

    return passed < LONG_OFTEN ? passed % 256 == mixed >> 56 : drawn % 4096 == 0;
}

/* Sleeps so long; 0: yields. Where it may not sleep it spins, for a millisecond at most. */
static void delay(uint64_t milliseconds)
{
    uint64_t end;

    if (race_sleep_hook && race_sleep_hook(milliseconds * (timer_frequency / 1000)))
        return;
    end = timer_now() + (milliseconds != 0) * (timer_frequency / 1000);
    while (timer_now() < end)
        spin_hint();
}

void race_pass(uint32_t *place)
{
    uint32_t drawn = race_draw(), passed = __atomic_fetch_add(place, 1, __ATOMIC_RELAXED);

    if (is_long(place, passed, drawn))
        delay(200);
    else if (drawn % one_in(passed) == 0)
        delay(drawn >> 8 & 1);
}

void race_lock_dropped_at(void *place)
{
    uint32_t *passed = &drop_count[(uint64_t)place * 0x9e3779b97f4a7c15ul >> 54];
    uint32_t drawn;

    if (this_hart()->preempt_count != 0 || !interrupts_are_on())
        return;
    drawn = race_draw();
    if (drawn % (8 * one_in(__atomic_fetch_add(passed, 1, __ATOMIC_RELAXED))) == 0)
        delay(drawn >> 16 & 255 ? drawn >> 24 & 1 : 200);
}

void race_lock_dropped_here(void)
{
    race_lock_dropped_at(__builtin_return_address(0));
}
#endif
