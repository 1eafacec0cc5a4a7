/* For the files of proc/ only: how processes and threads begin and end. */
#pragma once

#include "proc/process.h"

void process_table_init(void);
/* A number that no process or thread got recently. Locks: process_lock. */
int process_next_id(void);
/*
 * Count processes or threads up and down. Locks: none. Returns: false: there are limit of them.
 */
bool process_count_up(uint32_t *count, uint32_t limit);
void process_count_down(uint32_t *count);
/*
 * Makes the running thread the only one of its process: asks the others to leave, waits for them
 * and frees them. Locks: none. Sleeps. Returns: 0, or -EINTR: another thread was first, so leave.
 */
int process_take_over(void);
/*
 * A thread for process, with its memory charged, neither listed nor started; NULL: no memory.
 * Sleeps.
 */
struct thread *process_thread_create(struct process *process, const char *name);
/* Locks: process_lock, unless the process is not listed yet. */
void process_thread_list(struct process *process, struct thread *thread);
void process_thread_discard(struct thread *thread); /* one that was never started */
void process_thread_free(struct thread *thread); /* when it has left. Sleeps. */
/* Takes an exited child off the lists. Locks: process_lock. */
void process_unlist(struct process *process);
/* Waits until its last thread has left, and frees it. It is not listed any more. Sleeps. */
void process_bury(struct process *process);
/* For Ctrl-P. Interrupt context. */
void process_print_all(void);

extern struct process *init_process; /* constant once it runs */
