/*
 * Locks whose waiters sleep. struct sleeplock: one holder. struct rwlock: many readers or one
 * writer; a waiting writer holds back new readers. The uncontended paths are a few instructions.
 */
#ifndef THREAD_SLEEPLOCK_H
#define THREAD_SLEEPLOCK_H

#include <stdbool.h>

#include "thread/waitq.h"

struct sleeplock {
    uint64_t state; /* 0 free, 1 held, 2 held and somebody waits. A register's width: spinlock.h */
    enum lock_rank rank;
    struct spinlock guard; /* RANK_SLEEPLOCK: for the slow path */
    struct waitq waiters;
    void *holder; /* struct thread *, for assertions */
    const char *name;
};

void sleeplock_init(struct sleeplock *lock, const char *name, enum lock_rank rank);
void sleeplock_acquire(struct sleeplock *lock);          /* Sleeps. */
int sleeplock_acquire_killable(struct sleeplock *lock);  /* Sleeps. 0 or -EINTR */
bool sleeplock_try(struct sleeplock *lock);
void sleeplock_release(struct sleeplock *lock);
bool sleeplock_held(struct sleeplock *lock);             /* by this thread */

struct rwlock {
    int32_t state; /* > 0 readers; -1 writer; 0 free */
    uint32_t writers_waiting; /* hold back new readers */
    uint32_t waiting;         /* of both kinds */
    enum lock_rank rank;
    struct spinlock guard;
    struct waitq waiters;
    const char *name;
};

void rwlock_init(struct rwlock *lock, const char *name, enum lock_rank rank);
void rwlock_read_acquire(struct rwlock *lock);  /* Sleeps. */
void rwlock_read_release(struct rwlock *lock);
void rwlock_write_acquire(struct rwlock *lock); /* Sleeps. */
void rwlock_write_release(struct rwlock *lock);

#endif
