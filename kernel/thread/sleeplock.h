/*
 * Sleeping locks: a thread that waits for one sleeps. struct sleeplock: one holder. struct rwlock:
 * many readers or one writer. Waiters are served in order of arrival; sleeplock.c says how.
 */
#pragma once

#include "sync/race.h"
#include "thread/waitq.h"

struct sleeplock {
    uint64_t state; /* 0: free, 1: held, 2: held and waited for. A register wide: spinlock.h */
    enum lock_rank rank;
    struct spinlock guard; /* RANK_SLEEPLOCK: for the slow path */
    struct list_head waiters; /* guard: the longest waiting first */
    void *holder; /* struct thread *, for assertions */
    const char *name;
};

/* Initialises a static lock; sleeplock_init initialises others. */
#define SLEEPLOCK(lock, name_, rank_)                                                           \
    {.rank = (rank_), .guard = SPINLOCK(name_, RANK_SLEEPLOCK),                                 \
     .waiters = LIST_HEAD_INIT((lock).waiters), .name = (name_)}
#define sleeplock_init(lock, name, rank) \
    (*(lock) = (struct sleeplock)SLEEPLOCK(*(lock), name, rank))

void sleeplock_acquire(struct sleeplock *lock);          /* Sleeps. */
/* The same while holding `first`, of equal rank. The caller says why the two are in order. */
#ifdef SAN
void sleeplock_acquire_after(struct sleeplock *lock, struct sleeplock *first);
#else
#define sleeplock_acquire_after(lock, first) sleeplock_acquire(lock)
#endif
int sleeplock_acquire_killable(struct sleeplock *lock);  /* Sleeps. 0 or -EINTR */
bool sleeplock_try(struct sleeplock *lock);
void sleeplock_release(struct sleeplock *lock);
bool sleeplock_held(struct sleeplock *lock);             /* by this thread? */

/* In rwlock.state, besides the number of readers (also those about to find that they must wait). */
#define RWLOCK_WRITER (1u << 31)
#define RWLOCK_WAITED_FOR (1u << 30) /* there are waiters: readers that come now wait, too */

struct rwlock {
    uint32_t state; /* atomic */
    enum lock_rank rank;
    struct spinlock guard;
    struct list_head waiters; /* guard: the longest waiting first */
    const char *name;
};

#define rwlock_init(lock, name_, rank_)                                                         \
    (*(lock) = (struct rwlock){.rank = (rank_), .guard = SPINLOCK(name_, RANK_SLEEPLOCK),       \
                               .waiters = LIST_HEAD_INIT((lock)->waiters), .name = (name_)})
void rwlock_write_acquire(struct rwlock *lock); /* Sleeps. */
void rwlock_write_release(struct rwlock *lock);
/* The slow paths of the two functions below. */
void rwlock_read_wait(struct rwlock *lock) __attribute__((cold));
void rwlock_serve(struct rwlock *lock) __attribute__((cold));

/* Removes one reader; the last one hands the lock to the waiters. */
static inline void rwlock_read_drop(struct rwlock *lock)
{
    uint32_t left = __atomic_sub_fetch(&lock->state, 1, __ATOMIC_RELEASE);

    if (__builtin_expect(left == RWLOCK_WAITED_FOR, 0))
        rwlock_serve(lock);
}

/* Sleeps. */
static inline void rwlock_read_acquire(struct rwlock *lock)
{
    lockorder_check(lock->rank, lock, lock->name);
    if (__builtin_expect(__atomic_fetch_add(&lock->state, 1, __ATOMIC_ACQUIRE) >=
                         RWLOCK_WAITED_FOR, 0))
        rwlock_read_wait(lock);
    lockorder_note(lock->rank, lock, lock->name);
}

static inline void rwlock_read_release(struct rwlock *lock)
{
    lockorder_release(lock->rank, lock);
    rwlock_read_drop(lock);
    race_lock_dropped();
}
