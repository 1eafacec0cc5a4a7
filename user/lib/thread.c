/* Threads, mutexes, conditions, barriers, on thread_create() and the futex calls. */
#include "thread.h"

#include "user.h"

#define STACK_BYTES_WITH_GUARD (THREAD_STACK_BYTES + PAGE_SIZE)
#define ALL 0x7fffffff

enum mutex_state { MUTEX_FREE, MUTEX_HELD, MUTEX_WAITED_FOR };

static void thread_run(void *argument)
{
    struct thread *thread = argument;

    __asm__ volatile("mv tp, %0" : : "r"(thread));
    thread->function(thread->argument);
}

int thread_spawn(struct thread *thread, void (*function)(void *), void *argument)
{
    char *stack = mmap(NULL, STACK_BYTES_WITH_GUARD, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (stack == MAP_FAILED)
        return -1;
    thread->function = function;
    thread->argument = argument;
    thread->stack = stack;
    if (mprotect(stack, PAGE_SIZE, PROT_NONE) == 0) {
        thread->number = thread_create(thread_run, thread, stack + STACK_BYTES_WITH_GUARD);
        if (thread->number >= 0)
            return 0;
    }
    munmap(stack, STACK_BYTES_WITH_GUARD);
    return -1;
}

int thread_wait(struct thread *thread)
{
    if (thread_join(thread->number) < 0)
        return -1;
    return munmap(thread->stack, STACK_BYTES_WITH_GUARD);
}

int mutex_try(struct mutex *mutex)
{
    int expected = MUTEX_FREE;

    return __atomic_compare_exchange_n(&mutex->state, &expected, MUTEX_HELD, 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED)
               ? 0
               : -1;
}

/* Whoever has waited leaves MUTEX_WAITED_FOR behind: others may still wait. */
static void mutex_lock_slowly(struct mutex *mutex)
{
    while (__atomic_exchange_n(&mutex->state, MUTEX_WAITED_FOR, __ATOMIC_ACQUIRE) != MUTEX_FREE)
        futex_wait(&mutex->state, MUTEX_WAITED_FOR);
}

void mutex_lock(struct mutex *mutex)
{
    if (mutex_try(mutex) != 0)
        mutex_lock_slowly(mutex);
}

void mutex_unlock(struct mutex *mutex)
{
    if (__atomic_exchange_n(&mutex->state, MUTEX_FREE, __ATOMIC_RELEASE) == MUTEX_WAITED_FOR)
        futex_wake(&mutex->state, 1);
}

void condition_wait(struct condition *condition, struct mutex *mutex)
{
    int signals = __atomic_load_n(&condition->signals, __ATOMIC_RELAXED);

    mutex_unlock(mutex);
    futex_wait(&condition->signals, signals);
    mutex_lock_slowly(mutex); /* others that were woken along may wait for it, too */
}

void condition_signal(struct condition *condition)
{
    __atomic_fetch_add(&condition->signals, 1, __ATOMIC_RELAXED);
    futex_wake(&condition->signals, 1);
}

void condition_broadcast(struct condition *condition)
{
    __atomic_fetch_add(&condition->signals, 1, __ATOMIC_RELAXED);
    futex_wake(&condition->signals, ALL);
}

void barrier_init(struct barrier *barrier, int threads)
{
    barrier->threads = threads;
    barrier->waiting = 0;
    barrier->round = 0;
}

void barrier_wait(struct barrier *barrier)
{
    int round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);

    if (__atomic_add_fetch(&barrier->waiting, 1, __ATOMIC_ACQ_REL) < barrier->threads) {
        while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round)
            futex_wait(&barrier->round, round);
        return;
    }
    barrier->waiting = 0; /* the next round's threads count from here: before it begins */
    __atomic_fetch_add(&barrier->round, 1, __ATOMIC_RELEASE);
    futex_wake(&barrier->round, ALL);
}
