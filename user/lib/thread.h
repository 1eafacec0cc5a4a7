/*
 * Threads with a stack of their own, and what they wait for each other with. Where nobody has to
 * wait, none of the locks makes a system call. All zero is a valid beginning of a mutex and of a
 * condition. Memory that processes share will do, too: what they wait for may lie in it.
 */
#ifndef USER_THREAD_H
#define USER_THREAD_H

struct thread {
    int error; /* its errno: first, see errno_address() */
    int number;
    void (*function)(void *);
    void *argument;
    char *stack; /* with its guard page */
};

#define THREAD_STACK_BYTES (64 * 1024)

/* Runs function(argument) in a thread. 0, or -1 and errno. thread stays until thread_wait(). */
int thread_spawn(struct thread *thread, void (*function)(void *), void *argument);
/* Waits for its end, and gives its stack back. 0, or -1 and errno. */
int thread_wait(struct thread *thread);

struct mutex {
    int state; /* 0 free, 1 held, 2 held and perhaps waited for */
};

void mutex_lock(struct mutex *mutex);
int mutex_try(struct mutex *mutex); /* 0, or -1: somebody holds it */
void mutex_unlock(struct mutex *mutex);

struct condition {
    int signals;
};

/* Lets go of the mutex while it waits. May return early: look again at what is waited for. */
void condition_wait(struct condition *condition, struct mutex *mutex);
void condition_signal(struct condition *condition);    /* wakes one */
void condition_broadcast(struct condition *condition); /* wakes all */

struct barrier {
    int threads; /* how many meet */
    int waiting;
    int round;
};

void barrier_init(struct barrier *barrier, int threads);
void barrier_wait(struct barrier *barrier); /* until as many have come */

#endif
