/*
 * The lock order, enforced (SAN=1). Each hart keeps the spinlocks that it holds, each thread the
 * sleeping locks that it holds, in the order taken. A lock that is waited for must have a higher
 * rank than all that are held; so no circle of waiting can ever close, whether or not it would have
 * today. A lock got by a try waits for nothing, and is only noted.
 */
#include "sync/lockorder.h"

#ifdef SAN
#include "sync/printf.h"
#include "sync/spinlock.h"

struct held_locks *(*held_locks_hook)(void);

/* Ranks of which a thread may wait for several; their owners say in which order. */
static bool rank_allows_several(enum lock_rank rank)
{
    return rank == RANK_INODE || rank == RANK_BUFFER || rank == RANK_SCHED;
}

static bool may_follow(enum lock_rank held, enum lock_rank rank)
{
    return held < rank || (held == rank && rank_allows_several(rank));
}

void lockorder_spin_check(struct spinlock *lock, enum lock_rank rank, const char *name)
{
    struct hart *hart = this_hart();

    for (uint32_t i = 0; i < hart->held_count; i++) {
        struct spinlock *held = hart->held[i];

        if (held == lock)
            panic("lock order: %s is taken twice, first at %p", name, held->taken_at);
        if (!may_follow(held->rank, rank))
            panic("lock order: %s is taken under %s, which was taken at %p", name, held->name,
                  held->taken_at);
    }
}

void lockorder_spin_push(struct spinlock *lock)
{
    struct hart *hart = this_hart();

    assert(hart->held_count < HART_HELD_LOCKS);
    hart->held[hart->held_count++] = lock;
}

void lockorder_spin_pop(struct spinlock *lock)
{
    struct hart *hart = this_hart();
    uint32_t i = hart->held_count;

    do {
        assert(i > 0);
        i--;
    } while (hart->held[i] != lock);
    for (hart->held_count--; i < hart->held_count; i++)
        hart->held[i] = hart->held[i + 1];
}

static struct held_locks *held_locks(void)
{
    return held_locks_hook != NULL ? held_locks_hook() : NULL;
}

void lockorder_check(enum lock_rank rank, const void *lock, const char *name)
{
    struct held_locks *locks = held_locks();

    lockorder_assert_none(false);
    for (uint32_t i = 0; locks != NULL && i < locks->count; i++) {
        if (locks->held[i].lock == lock)
            panic("lock order: %s is waited for by the thread that holds it", name);
        if (!may_follow(locks->held[i].rank, rank))
            panic("lock order: %s is waited for under %s", name, locks->held[i].name);
    }
}

void lockorder_note(enum lock_rank rank, const void *lock, const char *name)
{
    struct held_locks *locks = held_locks();

    if (locks == NULL)
        return;
    assert(locks->count < HELD_SLEEPING_LOCKS);
    locks->held[locks->count].lock = lock;
    locks->held[locks->count].name = name;
    locks->held[locks->count].rank = rank;
    locks->count++;
}

void lockorder_acquire(enum lock_rank rank, const void *lock, const char *name)
{
    lockorder_check(rank, lock, name);
    lockorder_note(rank, lock, name);
}

void lockorder_release(enum lock_rank rank, const void *lock)
{
    struct held_locks *locks = held_locks();
    uint32_t i;

    if (locks == NULL)
        return;
    i = locks->count;
    do {
        if (i == 0)
            panic("lock order: a lock of rank %d is let go by a thread that has not got it", rank);
        i--;
    } while (locks->held[i].lock != lock);
    for (locks->count--; i < locks->count; i++)
        locks->held[i] = locks->held[i + 1];
}

void lockorder_assert_none(bool sleeping)
{
    uint64_t flags = interrupts_save();
    struct hart *hart = this_hart();
    struct held_locks *locks = held_locks();

    if (hart->held_count > 0)
        panic("lock order: the spinlock %s is held where none may be; taken at %p",
              hart->held[hart->held_count - 1]->name, hart->held[hart->held_count - 1]->taken_at);
    if (sleeping && locks != NULL && locks->count > 0)
        panic("lock order: %s is held where no lock may be", locks->held[locks->count - 1].name);
    interrupts_restore(flags);
}
#endif
