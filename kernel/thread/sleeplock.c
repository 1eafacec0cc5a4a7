/*
 * Sleeping locks. The state is one word, changed only by atomic operations, so a free lock is taken
 * and released without a spinlock. A thread that has to wait joins the queue under the guard, sets
 * LOCK_WAITED_FOR in the state, and looks at the lock once more. A holder that releases the lock
 * changes the state, and if LOCK_WAITED_FOR was set it takes the guard and serves the queue. So one
 * of the two always sees the other.
 *
 * The queue is in order of arrival, so no thread waits for ever while others take the lock:
 *
 * - A sleeplock that is released is free, and the first waiter is woken to take it. Another thread
 *   may take it before that: this saves a switch for each short use. But it can happen only until
 *   the first waiter has run. Then that one sets LOCK_WAITED_FOR again, and the next release hands
 *   the lock over to it, without the lock's being free in between.
 * - A rwlock is always handed over: to the first waiter, if that is a writer, once no thread has
 *   the lock; or to all waiting readers up to the first writer, once no writer has it. A thread
 *   that comes while others wait joins the queue. So readers wait for the writers that came before
 *   them, writers for the readers that did, and neither for those that come later.
 *
 * A reader adds itself to the count first, and then looks whether it may have the lock. If not, it
 * was counted for a moment beside a writer, or while others wait, which may have kept the lock from
 * being handed over. So it removes itself as a holder does, and the last one serves the queue.
 */
#include "thread/sleeplock.h"

#include "sync/printf.h"
#include "sync/race.h"
#include "thread/thread.h"

enum sleeplock_state { LOCK_FREE, LOCK_HELD, LOCK_WAITED_FOR };

/* On the stack of each thread that waits. Guarded by the lock's guard. */
struct lock_waiter {
    struct list_head link; /* on the queue, until it has the lock */
    struct waitq queue;    /* the waiter alone sleeps on it */
    struct thread *thread;
    bool is_writer;
    bool was_woken; /* once, to take the lock: the next time it is handed over */
    bool owns;
};

/* Locks: guard. */
static void waiter_enqueue(struct list_head *queue, struct lock_waiter *waiter, bool is_writer)
{
    *waiter = (struct lock_waiter){.thread = current_thread(), .is_writer = is_writer};
    waitq_init(&waiter->queue, "lock");
    list_add_tail(&waiter->link, queue);
}

static struct lock_waiter *waiter_first(struct list_head *queue)
{
    return list_first_element(queue, struct lock_waiter, link);
}

/* Gives the lock to the waiter. Locks: guard; the waiter takes it, too, before it goes on. */
static void waiter_give(struct lock_waiter *waiter)
{
    list_del_init(&waiter->link);
    waiter->owns = true;
    waitq_wake_one(&waiter->queue);
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

/* Has the waiter got the lock, or taken it now? Else LOCK_WAITED_FOR is set. Locks: guard. */
static bool waiter_takes(struct sleeplock *lock, struct lock_waiter *self)
{
    if (!self->owns &&
        __atomic_exchange_n(&lock->state, LOCK_WAITED_FOR, __ATOMIC_ACQUIRE) == LOCK_FREE) {
        list_del_init(&self->link);
        self->owns = true;
    }
    return self->owns;
}

/*
 * Takes a lock that was not free. Returns: 0; -EINTR, if killable. This function and
 * sleeplock_serve are cold, so that taking and releasing a free lock needs no stack frame.
 */
static int __attribute__((cold)) sleeplock_wait(struct sleeplock *lock, bool killable)
{
    struct lock_waiter self;
    int error = 0;

    spin_lock(&lock->guard);
    waiter_enqueue(&lock->waiters, &self, true);
    while (!waiter_takes(lock, &self) && !error) {
        if (!killable)
            waitq_sleep(&self.queue, &lock->guard);
        else
            error = waitq_sleep_killable(&self.queue, &lock->guard);
    }
    if (self.owns)
        error = 0; /* but the lock was handed over meanwhile */
    else
        list_del(&self.link);
    if (self.owns && list_empty(&lock->waiters))
        __atomic_store_n(&lock->state, LOCK_HELD, __ATOMIC_RELAXED);
    spin_unlock(&lock->guard);
    if (error == 0)
        sleeplock_note_held(lock);
    return error;
}

/* Releases a lock for which others wait. */
static void __attribute__((cold, noinline)) sleeplock_serve(struct sleeplock *lock)
{
    struct lock_waiter *first;

    spin_lock(&lock->guard);
    first = waiter_first(&lock->waiters);
    if (first && first->was_woken) {
        lock->holder = first->thread;
        waiter_give(first);
    } else {
        __atomic_store_n(&lock->state, LOCK_FREE, __ATOMIC_RELEASE);
        if (first) {
            first->was_woken = true;
            waitq_wake_one(&first->queue);
        }
    }
    spin_unlock(&lock->guard);
}

#ifdef SAN
void sleeplock_acquire(struct sleeplock *lock)
{
    sleeplock_acquire_after(lock, NULL);
}

void sleeplock_acquire_after(struct sleeplock *lock, struct sleeplock *first)
#else
void sleeplock_acquire(struct sleeplock *lock)
#endif
{
    lockorder_check_after(lock->rank, lock, lock->name, first);
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
    uint64_t expected = LOCK_HELD;

    assert(sleeplock_held(lock));
    lockorder_release(lock->rank, lock);
    lock->holder = NULL;
    if (!__atomic_compare_exchange_n(&lock->state, &expected, LOCK_FREE, false, __ATOMIC_RELEASE,
                                     __ATOMIC_RELAXED))
        sleeplock_serve(lock);
    race_lock_dropped();
}

bool sleeplock_held(struct sleeplock *lock)
{
    return lock->holder == current_thread();
}

/* Readers and writers. */

/*
 * Adds `what` (a writer, or a number of readers) to the state, unless one of the bits `excluded` is
 * set. RWLOCK_WAITED_FOR becomes `more`: are there waiters that this does not serve?
 * Locks: guard. Returns: was it added?
 */
static bool rwlock_add(struct rwlock *lock, uint32_t what, uint32_t excluded, bool more)
{
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
    uint32_t next;

    do {
        if (state & excluded)
            return false;
        next = (state & ~RWLOCK_WAITED_FOR) + what + (more ? RWLOCK_WAITED_FOR : 0);
    } while (!__atomic_compare_exchange_n(&lock->state, &state, next, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return true;
}

/* Gives the lock to the first waiters, if they can have it now. Locks: guard. */
static void rwlock_serve_locked(struct rwlock *lock)
{
    struct lock_waiter *first;
    struct list_head *link;
    uint32_t readers = 0;

    for (link = lock->waiters.next; link != &lock->waiters; link = link->next, readers++)
        if (container_of(link, struct lock_waiter, link)->is_writer)
            break;
    if (list_empty(&lock->waiters))
        return;
    if (readers == 0) {
        link = link->next;
        if (rwlock_add(lock, RWLOCK_WRITER, ~RWLOCK_WAITED_FOR, link != &lock->waiters))
            waiter_give(waiter_first(&lock->waiters));
    } else if (rwlock_add(lock, readers, RWLOCK_WRITER, link != &lock->waiters)) {
        while ((first = waiter_first(&lock->waiters)) != NULL && !first->is_writer)
            waiter_give(first);
    }
}

/* Waits until it has the lock, which was not free, or for which others wait. */
static void __attribute__((cold)) rwlock_wait(struct rwlock *lock, bool is_writer)
{
    struct lock_waiter self;

    spin_lock(&lock->guard);
    waiter_enqueue(&lock->waiters, &self, is_writer);
    __atomic_fetch_or(&lock->state, RWLOCK_WAITED_FOR, __ATOMIC_ACQ_REL);
    rwlock_serve_locked(lock); /* it may have become free just before WAITED_FOR was set */
    while (!self.owns)
        waitq_sleep(&self.queue, &lock->guard);
    spin_unlock(&lock->guard);
}

void rwlock_serve(struct rwlock *lock)
{
    spin_lock(&lock->guard);
    rwlock_serve_locked(lock);
    spin_unlock(&lock->guard);
}

void rwlock_read_wait(struct rwlock *lock)
{
    rwlock_read_drop(lock); /* takes back the count that rwlock_read_acquire added */
    rwlock_wait(lock, false);
}

void rwlock_write_acquire(struct rwlock *lock)
{
    uint32_t free = 0;

    lockorder_check(lock->rank, lock, lock->name);
    if (!__atomic_compare_exchange_n(&lock->state, &free, RWLOCK_WRITER, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        rwlock_wait(lock, true);
    lockorder_note(lock->rank, lock, lock->name);
}

void rwlock_write_release(struct rwlock *lock)
{
    uint32_t before;

    lockorder_release(lock->rank, lock);
    before = __atomic_fetch_and(&lock->state, ~RWLOCK_WRITER, __ATOMIC_RELEASE);
    assert(before & RWLOCK_WRITER);
    if (before & RWLOCK_WAITED_FOR)
        rwlock_serve(lock);
    race_lock_dropped();
}
