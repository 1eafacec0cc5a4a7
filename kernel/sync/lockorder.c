/*
 * The lock order, enforced (SAN=1). Each hart keeps the spinlocks that it holds, each thread the
 * sleeping locks that it holds, in the order taken. A lock that is waited for must have a higher
 * rank than all that are held. So no circle of waiting threads is possible, also none that did not
 * happen in this run. A lock that is taken by a try is only noted: a try waits for nothing.
 *
 * An interrupt handler that waits for a lock that its own hart holds waits for ever. So each lock
 * is of one of two kinds: always taken with spin_lock, and never in a handler; or always taken with
 * spin_lock_irq. And while a lock of the second kind is held, none of the first is waited for: its
 * holder may be interrupted by a handler that wants the second one.
 */
#include "sync/lockorder.h"

#ifdef SAN
#include "sync/printf.h"
#include "sync/spinlock.h"

#define CLASSES 128u /* twice as many as there are names */

struct held_locks *(*held_locks_hook)(void);
bool (*lockorder_buffers_hook)(const void *held, const void *lock);
bool lockorder_is_tested;
uint32_t lockorder_complaints;

static struct lock_class classes[CLASSES]; /* filled by atomic exchange, hashed by name */

#define complain(...) (lockorder_is_tested ? (void)lockorder_complaints++ : panic(__VA_ARGS__))

struct lock_class *lockorder_class(const char *name, enum lock_rank rank)
{
    uint64_t at = (uint64_t)name / 4 + rank;

    for (;; at++) {
        struct lock_class *class = &classes[at % CLASSES];
        const char *none = NULL;

        if (__atomic_compare_exchange_n(&class->name, &none, name, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            class->rank = rank;
        if (class->name == name && class->rank == rank)
            return class;
        assert(at < (uint64_t)name / 4 + rank + CLASSES);
    }
}

void lockorder_spin_use(struct spinlock *lock, enum lock_use use, void *at)
{
    struct hart *hart = this_hart();
    struct lock_class *class = lock->class;
    enum lock_use before = LOCK_UNUSED;

    if (!class)
        class = lock->class = lockorder_class(lock->name, lock->rank);
    if (__atomic_compare_exchange_n(&class->use, &before, use, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        class->used_at = at;
    else if (before != use)
        complain("lock order: %s is taken with spin_lock%s at %p, and otherwise at %p", lock->name,
                 use == LOCK_IRQ ? "_irq" : "", at, class->used_at);
    if (use == LOCK_IRQ)
        return;
    if (hart->interrupt_depth > 0)
        complain("lock order: %s, no spin_lock_irq, is taken in an interrupt handler", lock->name);
    for (uint32_t i = 0; i < hart->held_count; i++)
        if (hart->held[i]->class && hart->held[i]->class->use == LOCK_IRQ)
            complain("lock order: %s, no spin_lock_irq, is taken under %s, which was taken at %p",
                     lock->name, hart->held[i]->name, hart->held[i]->taken_at);
}

/* May a lock of rank be waited for while one of rank held is held? */
static bool may_follow(enum lock_rank held, enum lock_rank rank)
{
    if (held == RANK_INODE && rank == RANK_MM)
        return false;
    return held < rank;
}

void lockorder_spin_check(struct spinlock *lock, enum lock_rank rank, const char *name)
{
    struct hart *hart = this_hart();

    for (uint32_t i = 0; i < hart->held_count; i++) {
        struct spinlock *held = hart->held[i];

        if (held == lock)
            complain("lock order: %s is taken twice, first at %p", name, held->taken_at);
        else if (!may_follow(held->rank, rank))
            complain("lock order: %s is taken under %s, which was taken at %p", name, held->name,
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
    return held_locks_hook ? held_locks_hook() : NULL;
}

void lockorder_check_after(enum lock_rank rank, const void *lock, const char *name,
                           const void *first)
{
    struct held_locks *locks = held_locks();

    lockorder_assert_none(false);
    for (uint32_t i = 0; locks && i < locks->count; i++) {
        if (locks->held[i].lock == lock)
            complain("lock order: %s is waited for by the thread that holds it", name);
        else if (!may_follow(locks->held[i].rank, rank) && locks->held[i].lock != first &&
                 !(locks->held[i].rank == rank && rank == RANK_BUFFER &&
                   lockorder_buffers_hook(locks->held[i].lock, lock)))
            complain("lock order: %s is waited for under %s", name, locks->held[i].name);
    }
}

void lockorder_note(enum lock_rank rank, const void *lock, const char *name)
{
    struct held_locks *locks = held_locks();

    if (!locks)
        return;
    assert(locks->count < HELD_SLEEPING_LOCKS);
    locks->held[locks->count].lock = lock;
    locks->held[locks->count].name = name;
    locks->held[locks->count].rank = rank;
    locks->count++;
}

void lockorder_release(enum lock_rank rank, const void *lock)
{
    struct held_locks *locks = held_locks();
    uint32_t i;

    if (!locks)
        return;
    i = locks->count;
    do {
        if (i == 0)
            panic("lock order: a lock of rank %d is let go by a thread that has not got it", rank);
        i--;
    } while (locks->held[i].lock != lock || locks->held[i].rank != rank); /* a page may be twice */
    for (locks->count--; i < locks->count; i++)
        locks->held[i] = locks->held[i + 1];
}

void lockorder_assert_none(bool sleeping)
{
    uint64_t flags = interrupts_save();
    struct hart *hart = this_hart();
    struct held_locks *locks = held_locks();

    if (hart->held_count > 0)
        complain("lock order: the spinlock %s is held where none may be; taken at %p",
                 hart->held[hart->held_count - 1]->name,
                 hart->held[hart->held_count - 1]->taken_at);
    if (sleeping && locks && locks->count > 0)
        complain("lock order: %s is held where no lock may be", locks->held[locks->count - 1].name);
    interrupts_restore(flags);
}
#endif
