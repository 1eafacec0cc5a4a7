/*
 * Processes: the resources of a running program, and the tree of children. A process is listed from
 * fork until its parent has waited for it. While it is listed, its struct and at least one of its
 * threads exist.
 *
 * guards: p = process_lock; c = constant while listed; s = changed under process_lock by a thread
 *         that is the process's only one; its own threads read it freely, others under the lock
 */
#pragma once

#include "proc/file_table.h"
#include "thread/thread.h"
#include "thread/waitq.h"

struct proc_info;

enum process_state {
    PROCESS_LIVE,
    PROCESS_ZOMBIE, /* has exited, and is not waited for yet */
    PROCESS_REAPED, /* its parent is waiting for it now */
};

struct process {
    int pid;                     /* c */
    enum process_state state;    /* p */
    int exit_status;             /* p */
    int exit_cause;              /* p: enum wait_cause */
    struct process *parent;      /* p: NULL for init */
    struct list_head children;   /* p */
    struct list_head sibling;    /* p: on the parent's children */
    struct list_head all_link;   /* p: on the list of all, by pid */
    struct waitq child_exited;   /* guard: process_lock */
    struct list_head threads;    /* p: by process_link; also those that wait to be joined */
    uint32_t thread_count;       /* p: threads that have not left */
    struct thread *sole;         /* p: that execs or exits, and asks the others to leave; or NULL */
    struct waitq thread_left;    /* guard: process_lock */
    struct mm_struct *mm;        /* s: NULL once it exits */
    struct inode *cwd;           /* p */
    int job;                     /* p: the job that it belongs to, or 0: see process_foreground */
    struct file_table files;     /* has its own lock */
    char name[24];               /* s */
};

extern struct spinlock process_lock; /* RANK_PROCESS */

#define EXIT_KILLED (-1) /* the status of a killed child, as in xv6 */

static inline struct process *current_process(void)
{
    return current_thread()->process;
}

/* The thread of a process that has not run yet, or has only this thread left. */
static inline struct thread *process_only_thread(const struct process *process)
{
    return container_of(process->threads.next, struct thread, process_link);
}

/* Boot: runs /init, with command (or NULL) as its argument. */
void process_start_init(const char *command);

/*
 * Makes a process with one thread and its memory charged, not listed: without mm, files or
 * directory.
 * Owns: the caller, until process_list or process_discard.
 * Sleeps. Returns: 0, -EAGAIN (too many) or -ENOMEM.
 */
int process_create(const char *name, struct process **out);
void process_discard(struct process *process); /* and all it has by now. Sleeps. */
/*
 * Gives it a pid and its parent, and starts it. Returns: the pid; or -EINTR: another thread is
 * ending the parent.
 */
int process_list(struct process *process, struct process *parent);
/*
 * Releases the process's files, directory and memory. Called by its own thread, or before it runs.
 * Sleeps.
 */
void process_release(struct process *process);
/* exec, exit: sets the process's space to mm. Returns: the old one. */
struct mm_struct *process_change_space(struct process *process, struct mm_struct *mm);
struct inode *process_cwd(struct process *process); /* with a reference */
void process_set_cwd(struct inode *inode); /* of the running one. Owns: the reference. Sleeps. */

/* The calls. Errors are negative errno. */
/*
 * fork: the running process gets a child with its memory (mm_create, mm_fork), floating-point
 * registers, open files and directory, and with one thread. That continues from frame, the
 * registers of the call, with 0 in a0. All that can fail comes before the child is listed.
 * Locks: none.
 * Sleeps.
 * Returns: the child's pid; -EAGAIN (too many), -ENOMEM, -EINTR: no child is left.
 */
int process_fork(const struct trap_frame *frame);
/* Ends the process; or this thread only, if another thread already ends the process or execs. */
void process_exit(int status) __attribute__((noreturn));
void process_exit_killed(void) __attribute__((noreturn)); /* for an interrupted thread */
/*
 * Waits for a child to end. Stores its status and its cause (enum wait_cause), each at a user
 * address or, if that is 0, nowhere. Sleeps. Returns: its pid, -ECHILD, -EFAULT or -EINTR.
 */
int process_wait(uint64_t status, uint64_t cause);
int process_kill(int pid, int cause); /* enum wait_cause. 0, -ESRCH, -EPERM */
/*
 * What Ctrl-C kills is a job: the processes of one number. fork hands the number on, under
 * process_lock; init, the shell and what it puts into the background have 0. job > 0: the process
 * with that pid, and what it forks from now on, becomes the job of that number, and the foreground
 * one. -pid: that process leaves its job. 0: no job is in the foreground.
 * Returns: 0, or -ESRCH: there is no such process, or it is init, which never has a job.
 */
int process_foreground(int job);
int process_parent_pid(void);
/*
 * Adds a thread that calls entry(argument) on the stack below stack_top and returns to return_to.
 * Sleeps. Returns: its number, -EAGAIN (too many), -ENOMEM or -EINTR.
 */
int process_add_thread(uint64_t entry, uint64_t argument, uint64_t stack_top, uint64_t return_to);
/* Waits for a thread of this process to leave. 0, -ESRCH, -EDEADLK, -EINVAL, -EINTR. Sleeps. */
int process_join_thread(int id);
/* The running thread leaves; the last one ends the process, with status 0. */
void process_leave(void) __attribute__((noreturn));
/* Fills info for the process with the lowest pid above pid. Returns: false: there is none. */
bool process_describe_next(int pid, struct proc_info *info);

/* Kills the running process, which cannot continue. Locks: none. */
void process_kill_self(int cause);
