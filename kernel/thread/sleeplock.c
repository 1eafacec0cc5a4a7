/*
 * Sleeping locks. The state is one word, changed by atomic operations only, so that a lock that is
 * free is taken and released without a spinlock. A thread that has to wait gets on the queue under
 * the guard, says so in the state, and looks once more; the one that releases changes the state,
 * sees there that others wait, and takes the guard to serve the queue. One of the two sees the
 * other.
 *
 * The queue is in order of arrival, so that nobody waits for ever while others come and go:
 *
 * - A sleeplock that is let go is free, and the first of the queue is woken to take it. Another
 *   thread may be quicker: that saves a switch for each short use. But the first of the queue is
 *   passed over only until it has run: then it says so (LOCK_WAITED_FOR), and the holder hands the
 *   lock over to it, without its being free in between.
 * - A rwlock is always handed over: to the writer that is first, once nobody has it; or to the
 *   readers that are first, all up to the next writer, once no writer has it. A thread that comes
 *   while others wait gets on the queue behind them. So readers wait for the writers that came
 *   before them, writers for the readers, and neither for those that came later.
 *
 * A reader counts itself first and looks afterwards whether it may. One that may not is counted for
 * a moment beside a writer, or while others wait, and can keep a lock from being handed on then; so
 * it takes itself out like one that had it, and serves the queue if it was the last.
 */
#include "thread/sleeplock.h"

#include "abi/errno.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "thread/thread.h"

enum sleeplock_state { LOCK_FREE, LOCK_HELD, LOCK_WAITED_FOR };

/* On the stack of a thread that waits. Guarded by the lock's guard. */
struct lock_waiter {
    struct list_head link; /* on the queue; alone once the lock is its own */
    struct waitq queue;    /* it alone */
    struct thread *thread;
    bool is_writer;
    bool was_woken; /* and may have been passed over: the next time the lock is handed to it */
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

/* Locks: guard, without which the waiter does not go on. */
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

/* Locks: guard. Has the waiter got it, or can take it now? Else LOCK_WAITED_FOR stands. */
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
 * Takes a lock that was not free. Returns: 0, or -EINTR where that is asked for. Cold, as
 * sleeplock_serve: a lock that is free is taken and let go without a stack frame.
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
        error = 0; /* it was handed over while the sleep ended */
    else
        list_del(&self.link);
    if (self.owns && list_empty(&lock->waiters))
        __atomic_store_n(&lock->state, LOCK_HELD, __ATOMIC_RELAXED);
    spin_unlock(&lock->guard);
    if (error == 0)
        sleeplock_note_held(lock);
    return error;
}

/* The holder lets go of a lock that others wait for. */
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

void rwlock_init(struct rwlock *lock, const char *name, enum lock_rank rank)
{
    lock->state = 0;
    lock->rank = rank;
    lock->name = name;
    spin_init(&lock->guard, name, RANK_SLEEPLOCK);
    list_init(&lock->waiters);
}

/*
 * Locks: guard. Adds what to the state, if nothing but what may be is there: false. Then
 * RWLOCK_WAITED_FOR says whether a thread waits that is not served by this.
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

/* Locks: guard. Gives the lock to the first on the queue, if they can have it now. */
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

/* Waits for its turn. The lock was not free, or others wait. */
static void __attribute__((cold)) rwlock_wait(struct rwlock *lock, bool is_writer)
{
    struct lock_waiter self;

    spin_lock(&lock->guard);
    waiter_enqueue(&lock->waiters, &self, is_writer);
    __atomic_fetch_or(&lock->state, RWLOCK_WAITED_FOR, __ATOMIC_ACQ_REL);
    rwlock_serve_locked(lock); /* it may have been let go just before the mark */
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
    rwlock_read_drop(lock); /* the try that found it taken */
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
