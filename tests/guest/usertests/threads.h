/* What the tests of threads share. */
#ifndef THREADS_H
#define THREADS_H

#include "test.h"
#include "thread.h"

#define THREADS 8

/* Runs function(0) to function(count - 1), each in a thread, and waits for all. */
void in_threads(int count, void (*function)(void *));
void start(struct thread *thread, void (*function)(void *), long argument);
void finish(struct thread *thread);
/* Starts threads that spin, sleep, wait on a word and for a pipe, make calls, touch memory. */
void start_every_kind(void);

#endif
