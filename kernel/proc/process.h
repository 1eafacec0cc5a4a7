/*
 * Processes: what a program in execution owns, and who is whose child. A process is listed from
 * fork until its parent has waited for it; while it is listed, its struct and its thread stay.
 *
 * guards: p = process_lock; c = constant while listed; o = only the process's own
 *         thread; p, o: its own thread writes under the lock, reads freely; others read under it
 */
#ifndef PROC_PROCESS_H
#define PROC_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "proc/file_table.h"
#include "thread/thread.h"
#include "thread/waitq.h"

struct inode;
struct mm_struct;
struct proc_info;
struct trap_frame;

enum process_state {
    PROCESS_LIVE,
    PROCESS_ZOMBIE, /* has exited; its parent has not waited for it yet */
    PROCESS_REAPED, /* its parent is just doing so */
};

struct process {
    int pid;                     /* c */
    enum process_state state;    /* p */
    int exit_status;             /* p */
    struct process *parent;      /* p: NULL for init */
    struct list_head children;   /* p */
    struct list_head sibling;    /* p: on the parent's children */
    struct list_head all_link;   /* p: on the list of all, by pid */
    struct waitq child_exited;   /* guard: process_lock */
    struct thread *thread;       /* c */
    struct mm_struct *mm;        /* p, o: NULL once it exits */
    struct inode *cwd;           /* o */
    struct file_table files;     /* o */
    char name[24];               /* p, o */
};

extern struct spinlock process_lock; /* RANK_PROCESS */

#define EXIT_KILLED (-1) /* the status that wait() gives for a killed child */

static inline struct process *current_process(void)
{
    return current_thread()->process;
}

/*
 * Is the running process to exit before it returns to user mode? A kill interrupts its thread: that
 * ends its killable sleeps, and makes it trap where it runs in user mode.
 */
static inline bool process_is_killed(void)
{
    return __atomic_load_n(&current_thread()->interrupted, __ATOMIC_RELAXED);
}

/* Boot: runs /init, with command (or NULL) as its argument. */
void process_start_init(const char *command);

/*
 * A process with a thread, promised its memory, but not listed yet: no mm, no files, no directory.
 * 0, -EAGAIN (too many) or -ENOMEM. Sleeps. Owns: the caller, until process_list or
 * process_discard.
 */
int process_create(const char *name, struct process **out);
void process_discard(struct process *process); /* with whatever it has by now. Sleeps. */
/* Gives it a pid, its parent and life. From then on it runs. Returns the pid. */
int process_list(struct process *process, struct process *parent);
/*
 * Files, directory, memory: gives up what the process has. Its own thread, or nobody's yet.
 * Sleeps.
 */
void process_release(struct process *process);
/* exec, exit: the process's space becomes mm; returns the one before. */
struct mm_struct *process_change_space(struct process *process, struct mm_struct *mm);

/* The calls. Errors are negative errno. */
int process_fork(const struct trap_frame *frame);
void process_exit(int status) __attribute__((noreturn));
/*
 * Waits for a child to exit; stores its status at user address status unless that is 0. Its pid,
 * -ECHILD, -EFAULT.
 */
int process_wait(uint64_t status);
int process_kill(int pid);
int process_parent_pid(void);
/* The process with the lowest pid above pid: fills info, returns true; false: there is none. */
bool process_describe_next(int pid, struct proc_info *info);

/* The running process did something that it cannot go on after: it is killed. */
void process_kill_self(void);

#endif
