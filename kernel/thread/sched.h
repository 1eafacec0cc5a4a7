/* The scheduler, for the other files of thread/. The protocol: top of sched.c. */
#pragma once

#include "thread/thread.h"

/*
 * Switches away from the running thread, after its state was changed. Returns when the thread runs
 * again; its lock is released then. Locks: the running thread's, no other. Interrupts are off.
 */
void schedule(void);

/* Makes a sleeping thread runnable. Returns: false: it was not asleep. Any context. */
bool thread_wake(struct thread *thread);

/* Queues a runnable thread, with its registers saved, and wakes an idle hart for it. */
void run_queue_add(struct thread *thread);

/* The end of a switch; the first thing that a new thread calls. */
void schedule_finish(void);

bool thread_is_idle(const struct thread *thread);
/* thread.c: what all threads begin with. */
void thread_setup(struct thread *thread, const char *name, enum thread_state state, uint32_t hart);
void thread_free(struct thread *thread); /* thread.c; no other thread can find it any more */
