/* Wait queues. The top of sched.c explains why no wake-up is missed. */
#include "thread/waitq.h"

#include "abi/errno.h"
#include "sync/printf.h"
#include "thread/sched.h"

/*
 * Puts the running thread on the queue, in state SLEEPING, and takes its lock. What remains is to
 * release the guard and to call schedule(). Interrupts are off.
 * Returns: false: the sleep is killable and the thread was interrupted; nothing is done then.
 */
static bool sleep_prepare(struct waitq *queue, bool killable)
{
    struct thread *thread = current_thread();

    spin_lock_irq(&queue->lock);
    spin_lock_irq(&thread->lock);
    if (killable && thread->interrupted) {
        spin_unlock_irq(&thread->lock, 0);
        spin_unlock_irq(&queue->lock, 0);
        return false;
    }
    thread->killable = killable;
    thread->state = THREAD_SLEEPING;
    list_add_tail(&thread->wait_link, &queue->waiters);
    spin_unlock_irq(&queue->lock, 0);
    return true;
}

/* After a sleep. Returns: 0: a waker ended it; -EINTR: an interrupt did. Interrupts are off. */
static int sleep_finish(struct waitq *queue)
{
    struct thread *thread = current_thread();
    int error = 0;

    spin_lock_irq(&queue->lock); /* so the waker has finished with the queue and this thread */
    if (!list_empty(&thread->wait_link)) {
        list_del_init(&thread->wait_link);
        error = -EINTR;
    }
    spin_unlock_irq(&queue->lock, 0);
    return error;
}

int waitq_sleep_on(struct waitq *queue, struct spinlock *guard, uint64_t *irq_flags, bool killable)
{
    uint64_t flags = interrupts_save();
    int error;

    spin_assert_held(guard);
    if (!sleep_prepare(queue, killable)) {
        interrupts_restore(flags);
        return -EINTR;
    }
    if (irq_flags)
        spin_unlock_irq(guard, 0);
    else
        spin_unlock(guard); /* no preemption here: interrupts are off */
    schedule();
    error = sleep_finish(queue);
    assert(killable || !error);
    interrupts_restore(irq_flags ? *irq_flags : flags);
    if (irq_flags)
        *irq_flags = spin_lock_irq(guard);
    else
        spin_lock(guard);
    return error;
}

/* Wakes the first waiter that is asleep. Returns: false: there is none. Locks: the queue's. */
static bool wake_first(struct waitq *queue)
{
    struct thread *thread;

    while ((thread = list_first_element(&queue->waiters, struct thread, wait_link)) != NULL) {
        list_del_init(&thread->wait_link);
        if (thread_wake(thread))
            return true;
        /* It was interrupted before: it runs, finds itself off the queue, and looks again. */
    }
    return false;
}

void waitq_wake_one(struct waitq *queue)
{
    uint64_t flags = spin_lock_irq(&queue->lock);

    wake_first(queue);
    spin_unlock_irq(&queue->lock, flags);
}

void waitq_wake_all(struct waitq *queue)
{
    uint64_t flags = spin_lock_irq(&queue->lock);

    while (wake_first(queue))
        continue;
    spin_unlock_irq(&queue->lock, flags);
}
