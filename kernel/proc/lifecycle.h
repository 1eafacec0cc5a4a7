/* What proc/ tells itself about the beginning and the end of processes. */
#pragma once

#include "proc/process.h"

void process_table_init(void);
/* A number that no process or thread got lately. Locks: process_lock. */
int process_next_id(void);
/*
 * One more, or one less, of what there may be only so many of: processes, threads. False: there are
 * limit of them. Locks: none.
 */
bool process_count_up(uint32_t *count, uint32_t limit);
void process_count_down(uint32_t *count);
/*
 * The running thread becomes the only one of its process: the others are asked to leave, waited for
 * and freed. -EINTR: another one was first, and this one has to leave. Holds nothing. Sleeps.
 */
int process_take_over(void);
/* A thread for process, promised its memory, not listed nor started; NULL: no memory. Sleeps. */
struct thread *process_thread_create(struct process *process, const char *name);
/* Locks: process_lock, or nobody else knows the process. */
void process_thread_list(struct process *process, struct thread *thread);
void process_thread_discard(struct thread *thread); /* one that was never started */
void process_thread_free(struct thread *thread); /* one that leaves, when it has left. Sleeps. */
/* Takes an exited child off the lists, for good. Locks: process_lock. */
void process_unlist(struct process *process);
/* Frees it, after its last thread has left. Not listed any more. Sleeps. */
void process_bury(struct process *process);
/* For Ctrl-P. Interrupt context. */
void process_print_all(void);

extern struct process *init_process; /* constant once it runs */
