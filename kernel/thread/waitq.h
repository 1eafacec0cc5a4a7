/*
 * Wait queues: threads that wait for a condition. The condition is guarded by a spinlock, the
 * guard, which is released only after the sleeper is on the queue; so no wake-up is lost. After
 * waking, the guard is held again and the caller looks again: always sleep in a loop.
 */
#pragma once

#include "lib/list.h"
#include "sync/spinlock.h"

struct waitq {
    struct spinlock lock; /* RANK_WAIT, taken with spin_lock_irq */
    struct list_head waiters;
};

/* What a queue is made of: a static one by itself, others by waitq_init. */
#define WAITQ(queue, name) {SPINLOCK(name, RANK_WAIT), LIST_HEAD_INIT((queue).waiters)}
#define waitq_init(queue, name) (*(queue) = (struct waitq)WAITQ(*(queue), name))

/* guard taken with spin_lock. Sleeps. */
void waitq_sleep(struct waitq *queue, struct spinlock *guard);
/* The same; returns 0, or -EINTR when the thread was interrupted (killed). */
int waitq_sleep_killable(struct waitq *queue, struct spinlock *guard);
/* The same with a guard taken with spin_lock_irq; flags as that lock gave them (kept valid). */
void waitq_sleep_irq(struct waitq *queue, struct spinlock *guard, uint64_t *flags);
int waitq_sleep_irq_killable(struct waitq *queue, struct spinlock *guard, uint64_t *flags);

void waitq_wake_one(struct waitq *queue); /* any context, interrupt handlers too */
void waitq_wake_all(struct waitq *queue);
