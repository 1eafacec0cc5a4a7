/* The scheduler, for the other files of thread/. The protocol: top of sched.c. */
#pragma once

#include "thread/thread.h"

/*
 * Switches away from the running thread, after its state was changed. Returns when it runs again,
 * with its lock released. Locks: the running thread's; no other. Interrupts off.
 */
void schedule(void);

/* A sleeping thread becomes runnable. Returns false where it was not asleep. Any context. */
bool thread_wake(struct thread *thread);

/* Queues a runnable thread after its registers were saved; rouses an idle hart for it. */
void run_queue_add(struct thread *thread);

/* What a new thread does first: the end of the switch to it. */
void schedule_finish(void);

bool thread_is_idle(const struct thread *thread);
void thread_free(struct thread *thread); /* thread.c; of a thread that nobody can find any more */
