/*
 * Spinlocks. Two ways to take one, and each lock is always taken in the same way:
 *   spin_lock      preemption off. For locks that no interrupt handler takes.
 *   spin_lock_irq  interrupts off as well. For locks that an interrupt handler takes.
 * No holder sleeps. No holder asks another hart for a fence. Ranks: sync/lockorder.h.
 *
 * Without SAN the paths that need not wait are a few instructions, in line.
 */
#ifndef SYNC_SPINLOCK_H
#define SYNC_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "riscv/csr.h"
#include "riscv/hart.h"
#include "sync/lockorder.h"

struct spinlock {
    uint64_t locked; /* a register's width: what the atomic exchange returns is as it is needed */
#ifdef SAN
    enum lock_rank rank;
    const char *name;
    void *holder;     /* struct hart * */
    void *taken_at;   /* return address */
#endif
};

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);

/* thread/ sets it: called when a switch is due, with interrupts on and the count 0. */
extern void (*preempt_hook)(void);
/* Rare: what is in line around them is laid out, and keeps its registers, as if they never came. */
void preempt_now(void) __attribute__((cold));          /* calls the hook, if interrupts are on */
void spin_wait(struct spinlock *lock) __attribute__((cold)); /* takes one that was found taken */

/* SEED=: where not 0, SAN builds ask for a switch at one preempt_enable() in 64, drawn from it. */
extern uint64_t preempt_seed;

#if defined(XV39_HOST) || defined(SAN)

void spin_lock(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
uint64_t spin_lock_irq(struct spinlock *lock);            /* returns what unlock wants back */
void spin_unlock_irq(struct spinlock *lock, uint64_t flags);
void spin_assert_held(struct spinlock *lock);             /* SAN: by this hart; else nothing */
/* Ends a preempt_disable(); switches threads if that was asked for meanwhile. */
void preempt_enable(void);

#else

static inline bool spin_try(struct spinlock *lock)
{
    return __atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void preempt_enable(void)
{
    if (preempt_count_drop() == 0 && hart_needs_resched())
        preempt_now();
}

static inline void spin_lock(struct spinlock *lock)
{
    preempt_disable();
    if (!spin_try(lock))
        spin_wait(lock);
}

static inline bool spin_trylock(struct spinlock *lock)
{
    preempt_disable();
    if (spin_try(lock))
        return true;
    preempt_enable();
    return false;
}

static inline void spin_unlock(struct spinlock *lock)
{
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    preempt_enable();
}

static inline uint64_t spin_lock_irq(struct spinlock *lock)
{
    uint64_t flags = interrupts_save();

    if (!spin_try(lock))
        spin_wait(lock);
    return flags;
}

static inline void spin_unlock_irq(struct spinlock *lock, uint64_t flags)
{
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    interrupts_restore(flags);
}

static inline void spin_assert_held(struct spinlock *lock)
{
    (void)lock;
}

#endif

#endif
