/*
 * Spinlocks: the functions that are not inline, and the checked versions of SAN builds.
 *
 * With interrupts off there is no preemption, so spin_lock_irq leaves the preemption count alone.
 * A switch that is asked for meanwhile is done at the end of the interrupt that asks for it, or at
 * the next preempt_enable().
 */
#include "sync/spinlock.h"

#include "sync/printf.h"
#include "sync/race.h"

uint64_t preempt_seed;

#ifdef SAN

/* Draws from a sequence, one for all harts. Returns: true once in 64 draws. */
static bool preempt_drawn(void)
{
    uint64_t drawn;

    if (preempt_seed == 0)
        return false;
    drawn = __atomic_add_fetch(&preempt_seed, 0x9e3779b97f4a7c15ul, __ATOMIC_RELAXED);
    return (drawn ^ drawn >> 29) * 0xbf58476d1ce4e5b9ul >> 58 == 0;
}

void preempt_enable(void)
{
    if (preempt_count_drop() != 0)
        return;
    if (preempt_drawn())
        hart_ask_resched();
    if (hart_needs_resched())
        interrupt_software_set();
}

/* Interrupts are off, so the thread stays on this hart. */
static void note_taken(struct spinlock *lock, void *taken_at)
{
    lock->holder = this_hart();
    lock->taken_at = taken_at;
    lockorder_spin_push(lock);
}

static void note_release(struct spinlock *lock)
{
    spin_assert_held(lock);
    lockorder_spin_pop(lock);
    lock->holder = NULL;
}

static void take(struct spinlock *lock, enum lock_use use, void *taken_at)
{
    uint64_t flags = interrupts_save();

    lockorder_spin_use(lock, use, taken_at);
    lockorder_spin_check(lock, lock->rank, lock->name);
    interrupts_restore(flags); /* if they were on, they are on while this hart waits */
    while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) != 0)
        spin_until_free(lock);
    flags = interrupts_save();
    note_taken(lock, taken_at);
    interrupts_restore(flags);
}

void spin_lock(struct spinlock *lock)
{
    preempt_disable();
    take(lock, LOCK_PLAIN, __builtin_return_address(0));
}

bool spin_trylock(struct spinlock *lock)
{
    uint64_t flags;

    preempt_disable();
    if (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) != 0) {
        preempt_enable();
        return false;
    }
    flags = interrupts_save();
    note_taken(lock, __builtin_return_address(0));
    interrupts_restore(flags);
    return true;
}

void spin_unlock(struct spinlock *lock)
{
    uint64_t flags = interrupts_save();

    note_release(lock);
    interrupts_restore(flags);
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    preempt_enable();
    if (race_is_on)
        race_lock_dropped_at(__builtin_return_address(0));
}

uint64_t spin_lock_irq(struct spinlock *lock)
{
    uint64_t flags = interrupts_save();

    take(lock, LOCK_IRQ, __builtin_return_address(0));
    return flags;
}

void spin_unlock_irq(struct spinlock *lock, uint64_t flags)
{
    assert(!interrupts_are_on());
    note_release(lock);
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    interrupts_restore(flags);
}

void spin_assert_held(struct spinlock *lock)
{
    if (!lock->locked || lock->holder != this_hart())
        panic("spinlock %s is not held by this hart", lock->name);
}

#endif
