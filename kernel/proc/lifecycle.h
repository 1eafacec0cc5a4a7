/* What proc/ tells itself about the beginning and the end of processes. */
#ifndef PROC_LIFECYCLE_H
#define PROC_LIFECYCLE_H

#include "proc/process.h"

void process_table_init(void);
/* Takes an exited child off the lists, for good. Locks: process_lock. */
void process_unlist(struct process *process);
/* Frees it, after its thread has left. Not listed any more. Sleeps. */
void process_bury(struct process *process);
/* For Ctrl-P. Interrupt context. */
void process_print_all(void);

extern struct process *init_process; /* constant once it runs */

#endif
