/*
 * Wait queues: threads that wait for a condition. A spinlock, the guard, guards the condition. It
 * is released only when the sleeper is on the queue, so no wake-up is lost, and is held again when
 * the sleep has ended. Then the caller must look at the condition again: always sleep in a loop.
 */
#pragma once

#include "lib/list.h"
#include "sync/spinlock.h"

struct waitq {
    struct spinlock lock; /* RANK_WAIT, taken with spin_lock_irq */
    struct list_head waiters;
};

/* Initialises a static queue; waitq_init initialises others. */
#define WAITQ(queue, name) {SPINLOCK(name, RANK_WAIT), LIST_HEAD_INIT((queue).waiters)}
#define waitq_init(queue, name) (*(queue) = (struct waitq)WAITQ(*(queue), name))

/*
 * irq_flags: the guard was taken with spin_lock_irq, which returned them; NULL: with spin_lock.
 * Sleeps. Returns: 0; -EINTR, if killable: the thread was interrupted.
 */
int waitq_sleep_on(struct waitq *queue, struct spinlock *guard, uint64_t *irq_flags, bool killable);
#define waitq_sleep(queue, guard) ((void)waitq_sleep_on(queue, guard, NULL, false))
#define waitq_sleep_killable(queue, guard) waitq_sleep_on(queue, guard, NULL, true)
#define waitq_sleep_irq(queue, guard, flags) ((void)waitq_sleep_on(queue, guard, flags, false))
#define waitq_sleep_irq_killable(queue, guard, flags) waitq_sleep_on(queue, guard, flags, true)

void waitq_wake_one(struct waitq *queue); /* any context, interrupt handlers too */
void waitq_wake_all(struct waitq *queue);
