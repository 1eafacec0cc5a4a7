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

/* For a guard that was taken with spin_lock. Sleeps. */
void waitq_sleep(struct waitq *queue, struct spinlock *guard);
/* The same. Returns: 0; -EINTR: the thread was interrupted (killed). */
int waitq_sleep_killable(struct waitq *queue, struct spinlock *guard);
/* The same for a guard that was taken with spin_lock_irq, which returned *flags. */
void waitq_sleep_irq(struct waitq *queue, struct spinlock *guard, uint64_t *flags);
int waitq_sleep_irq_killable(struct waitq *queue, struct spinlock *guard, uint64_t *flags);

void waitq_wake_one(struct waitq *queue); /* any context, interrupt handlers too */
void waitq_wake_all(struct waitq *queue);
