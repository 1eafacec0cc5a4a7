/*
 * Spinlocks. Two ways to take one, and each lock is always taken in the same way:
 *   spin_lock      preemption off. For locks that no interrupt handler takes.
 *   spin_lock_irq  interrupts off as well. For locks that an interrupt handler takes.
 * SAN=1 checks that (sync/lockorder.c). No holder sleeps. No holder asks another hart for a fence.
 * Ranks: sync/lockorder.h.
 *
 * Without SAN a lock that is free is taken by a few inline instructions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "riscv/csr.h"
#include "riscv/hart.h"
#include "sync/lockorder.h"

struct spinlock {
    uint64_t locked; /* as wide as a register, so that the exchanged value needs no conversion */
#ifdef SAN
    enum lock_rank rank;
    const char *name;
    struct lock_class *class; /* by name; NULL until it is taken first */
    void *holder;     /* struct hart * */
    void *taken_at;   /* return address */
#endif
};

/* Initialises a static lock; spin_init initialises others. */
#ifdef SAN
#define SPINLOCK(name_, rank_) {.rank = (rank_), .name = (name_)}
#else
#define SPINLOCK(name_, rank_) {0}
#endif
#define spin_init(lock, name_, rank_) (*(lock) = (struct spinlock)SPINLOCK(name_, rank_))

/* SEED=: if not 0, SAN builds ask for a switch at one preempt_enable() in 64, at random. */
extern uint64_t preempt_seed;

/* Reads until the lock looks free: harts that only read can share the cache line. */
static inline void spin_until_free(const struct spinlock *lock)
{
    while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
        spin_hint();
}

#ifdef SAN

void spin_lock(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
uint64_t spin_lock_irq(struct spinlock *lock);            /* returns flags for spin_unlock_irq */
void spin_unlock_irq(struct spinlock *lock, uint64_t flags);
void spin_assert_held(struct spinlock *lock);             /* SAN: by this hart; else no check */
/*
 * Ends a preempt_disable(). If a switch was asked for meanwhile, the hart sends an interrupt to
 * itself, and switches at its end (sys/trap.c). So there is no call here, for which registers would
 * have to be saved.
 */
void preempt_enable(void);

#else

static inline bool spin_try(struct spinlock *lock)
{
    return __builtin_expect(__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) == 0, 1);
}

static inline void preempt_enable(void)
{
    if (preempt_count_drop() == 0 && __builtin_expect(hart_needs_resched(), 0))
        interrupt_software_set();
}

static inline void spin_lock(struct spinlock *lock)
{
    preempt_disable();
    while (!spin_try(lock))
        spin_until_free(lock);
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

    while (!spin_try(lock))
        spin_until_free(lock);
    return flags;
}

static inline void spin_unlock_irq(struct spinlock *lock, uint64_t flags)
{
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    interrupts_restore(flags);
}

#define spin_assert_held(lock) ((void)(lock))

#endif
