/*
 * Sleeping locks. The state is one word, changed by atomic operations only, so that a lock that is
 * free is taken without a spinlock. Who cannot have it says so in the state (or a count of waiters)
 * under the guard, tries once more, and sleeps; who lets go changes the state first and looks for
 * waiters afterwards, and takes the guard to wake them. One of the two sees the other.
 */
#include "thread/sleeplock.h"

#include "sync/printf.h"
#include "sync/race.h"
#include "thread/thread.h"

enum sleeplock_state { LOCK_FREE, LOCK_HELD, LOCK_WAITED_FOR };

void sleeplock_init(struct sleeplock *lock, const char *name, enum lock_rank rank)
{
    lock->state = LOCK_FREE;
    lock->rank = rank;
    lock->holder = NULL;
    lock->name = name;
    spin_init(&lock->guard, name, RANK_SLEEPLOCK);
    waitq_init(&lock->waiters, name);
}

static bool sleeplock_take_free(struct sleeplock *lock)
{
    uint64_t expected = LOCK_FREE;

    return __atomic_compare_exchange_n(&lock->state, &expected, LOCK_HELD, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static void sleeplock_note_held(struct sleeplock *lock)
{
    lock->holder = current_thread();
    lockorder_note(lock->rank, lock, lock->name);
}

/*
 * Takes a lock that was not free. Whoever had to wait leaves LOCK_WAITED_FOR behind: others may
 * still wait. Returns: 0, or -EINTR where that is asked for. Cold, as sleeplock_wake: a lock that
 * is free is taken and let go without a stack frame.
 */
static int __attribute__((cold)) sleeplock_wait(struct sleeplock *lock, bool killable)
{
    int error = 0;

    spin_lock(&lock->guard);
    while (__atomic_exchange_n(&lock->state, LOCK_WAITED_FOR, __ATOMIC_ACQUIRE) != LOCK_FREE) {
        if (!killable)
            waitq_sleep(&lock->waiters, &lock->guard);
        else if ((error = waitq_sleep_killable(&lock->waiters, &lock->guard)) != 0)
            break;
    }
    spin_unlock(&lock->guard);
    if (error == 0)
        sleeplock_note_held(lock);
    return error;
}

static void __attribute__((cold, noinline)) sleeplock_wake(struct sleeplock *lock)
{
    spin_lock(&lock->guard);
    waitq_wake_one(&lock->waiters);
    spin_unlock(&lock->guard);
}

void sleeplock_acquire(struct sleeplock *lock)
{
    lockorder_check(lock->rank, lock, lock->name);
    if (sleeplock_take_free(lock))
        sleeplock_note_held(lock);
    else
        sleeplock_wait(lock, false);
}

int sleeplock_acquire_killable(struct sleeplock *lock)
{
    lockorder_check(lock->rank, lock, lock->name);
    if (!sleeplock_take_free(lock))
        return sleeplock_wait(lock, true);
    sleeplock_note_held(lock);
    return 0;
}

bool sleeplock_try(struct sleeplock *lock)
{
    if (!sleeplock_take_free(lock))
        return false;
    sleeplock_note_held(lock);
    return true;
}

void sleeplock_release(struct sleeplock *lock)
{
    assert(sleeplock_held(lock));
    lockorder_release(lock->rank, lock);
    lock->holder = NULL;
    if (__atomic_exchange_n(&lock->state, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_WAITED_FOR)
        sleeplock_wake(lock);
    race_lock_dropped();
}

bool sleeplock_held(struct sleeplock *lock)
{
    return lock->holder == current_thread();
}

/* Readers and writers. */

void rwlock_init(struct rwlock *lock, const char *name, enum lock_rank rank)
{
    lock->state = 0;
    lock->writers_waiting = 0;
    lock->rank = rank;
    lock->name = name;
    spin_init(&lock->guard, name, RANK_SLEEPLOCK);
    waitq_init(&lock->waiters, name);
}

/* Locks: guard. */
static bool rwlock_try_read(struct rwlock *lock)
{
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

    while (!(state & RWLOCK_WRITER) && lock->writers_waiting == 0)
        if (__atomic_compare_exchange_n(&lock->state, &state, state + 1, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/* Locks: guard. RWLOCK_WAITED_FOR may stay. */
static bool rwlock_try_write(struct rwlock *lock)
{
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED) & RWLOCK_WAITED_FOR;

    return __atomic_compare_exchange_n(&lock->state, &state, state | RWLOCK_WRITER, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/*
 * Who waits says so in the state, under the guard, before the last try; who changes the state looks
 * at that afterwards, and takes the guard to wake. One of the two sees the other.
 */
static void rwlock_wait(struct rwlock *lock, bool (*try)(struct rwlock *lock), uint32_t writers)
{
    spin_lock(&lock->guard);
    lock->writers_waiting += writers;
    __atomic_fetch_or(&lock->state, RWLOCK_WAITED_FOR, __ATOMIC_ACQ_REL);
    while (!try(lock)) {
        waitq_sleep(&lock->waiters, &lock->guard);
        __atomic_fetch_or(&lock->state, RWLOCK_WAITED_FOR, __ATOMIC_ACQ_REL);
    }
    lock->writers_waiting -= writers;
    if (waitq_is_empty(&lock->waiters)) /* those who are awake already say it again if need be */
        __atomic_fetch_and(&lock->state, ~RWLOCK_WAITED_FOR, __ATOMIC_ACQ_REL);
    spin_unlock(&lock->guard);
}

void rwlock_wake(struct rwlock *lock)
{
    spin_lock(&lock->guard);
    waitq_wake_all(&lock->waiters);
    spin_unlock(&lock->guard);
}

void rwlock_read_wait(struct rwlock *lock)
{
    rwlock_read_drop(lock); /* the try that found it taken */
    rwlock_wait(lock, rwlock_try_read, 0);
}

void rwlock_write_acquire(struct rwlock *lock)
{
    uint32_t free = 0;

    lockorder_check(lock->rank, lock, lock->name);
    if (!__atomic_compare_exchange_n(&lock->state, &free, RWLOCK_WRITER, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        rwlock_wait(lock, rwlock_try_write, 1);
    lockorder_note(lock->rank, lock, lock->name);
}

void rwlock_write_release(struct rwlock *lock)
{
    uint32_t before;

    lockorder_release(lock->rank, lock);
    before = __atomic_fetch_and(&lock->state, ~RWLOCK_WRITER, __ATOMIC_RELEASE);
    assert(before & RWLOCK_WRITER);
    if (before & RWLOCK_WAITED_FOR)
        rwlock_wake(lock);
    race_lock_dropped();
}
