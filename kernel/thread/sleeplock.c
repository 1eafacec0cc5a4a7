/*
 * Sleeping locks. The state is one word, changed by atomic operations only, so that a lock that is
 * free is taken without a spinlock. Who cannot have it says so in the state (or a count of waiters)
 * under the guard, tries once more, and sleeps; who lets go changes the state first and looks for
 * waiters afterwards, and takes the guard to wake them. One of the two sees the other.
 */
#include "thread/sleeplock.h"

#include "sync/printf.h"
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
}

bool sleeplock_held(struct sleeplock *lock)
{
    return lock->holder == current_thread();
}

/* Readers and writers. */

#define STATE_WRITER (-1)

void rwlock_init(struct rwlock *lock, const char *name, enum lock_rank rank)
{
    lock->state = 0;
    lock->writers_waiting = 0;
    lock->waiting = 0;
    lock->rank = rank;
    lock->name = name;
    spin_init(&lock->guard, name, RANK_SLEEPLOCK);
    waitq_init(&lock->waiters, name);
}

static bool rwlock_try_read(struct rwlock *lock)
{
    int32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

    while (state != STATE_WRITER &&
           __atomic_load_n(&lock->writers_waiting, __ATOMIC_RELAXED) == 0) {
        if (__atomic_compare_exchange_n(&lock->state, &state, state + 1, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

static bool rwlock_try_write(struct rwlock *lock)
{
    int32_t expected = 0;

    return __atomic_compare_exchange_n(&lock->state, &expected, STATE_WRITER, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* waiting is raised before the last try; the fence pairs with that of rwlock_wake(). */
static void rwlock_wait(struct rwlock *lock, bool (*try)(struct rwlock *lock), uint32_t writers)
{
    spin_lock(&lock->guard);
    __atomic_fetch_add(&lock->writers_waiting, writers, __ATOMIC_RELAXED);
    __atomic_fetch_add(&lock->waiting, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    while (!try(lock))
        waitq_sleep(&lock->waiters, &lock->guard);
    __atomic_fetch_sub(&lock->writers_waiting, writers, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&lock->waiting, 1, __ATOMIC_RELAXED);
    spin_unlock(&lock->guard);
}

/* After the state has become 0. */
static void rwlock_wake(struct rwlock *lock)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&lock->waiting, __ATOMIC_RELAXED) > 0) {
        spin_lock(&lock->guard);
        waitq_wake_all(&lock->waiters);
        spin_unlock(&lock->guard);
    }
}

void rwlock_read_acquire(struct rwlock *lock)
{
    lockorder_check(lock->rank, lock, lock->name);
    if (!rwlock_try_read(lock))
        rwlock_wait(lock, rwlock_try_read, 0);
    lockorder_note(lock->rank, lock, lock->name);
}

void rwlock_read_release(struct rwlock *lock)
{
    int32_t state;

    lockorder_release(lock->rank, lock);
    state = __atomic_sub_fetch(&lock->state, 1, __ATOMIC_RELEASE);
    assert(state >= 0);
    if (state == 0)
        rwlock_wake(lock);
}

void rwlock_write_acquire(struct rwlock *lock)
{
    lockorder_check(lock->rank, lock, lock->name);
    if (!rwlock_try_write(lock))
        rwlock_wait(lock, rwlock_try_write, 1);
    lockorder_note(lock->rank, lock, lock->name);
}

void rwlock_write_release(struct rwlock *lock)
{
    int32_t state;

    lockorder_release(lock->rank, lock);
    state = __atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE);
    assert(state == STATE_WRITER);
    rwlock_wake(lock);
}
