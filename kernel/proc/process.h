/*
 * Processes: what a program in execution owns, and the tree of children. A process is listed from
 * fork until its parent has waited for it; while it is listed, its struct stays, and at least one
 * of its threads.
 *
 * guards: p = process_lock; c = constant while listed; s = changed under process_lock by a thread
 *         that is the process's only one; its own threads read it freely, others under the lock
 */
#pragma once

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
    int exit_cause;              /* p: enum wait_cause */
    struct process *parent;      /* p: NULL for init */
    struct list_head children;   /* p */
    struct list_head sibling;    /* p: on the parent's children */
    struct list_head all_link;   /* p: on the list of all, by pid */
    struct waitq child_exited;   /* guard: process_lock */
    struct list_head threads;    /* p: by process_link; also those that wait to be joined */
    uint32_t thread_count;       /* p: threads that have not left */
    struct thread *sole;         /* p: asks the others to leave, for it execs or exits; or NULL */
    struct waitq thread_left;    /* guard: process_lock */
    struct mm_struct *mm;        /* s: NULL once it exits */
    struct inode *cwd;           /* p */
    struct file_table files;     /* has its own lock */
    char name[24];               /* s */
};

extern struct spinlock process_lock; /* RANK_PROCESS */

#define EXIT_KILLED (-1) /* the status that wait() gives for a killed child, as xv6 does */

static inline struct process *current_process(void)
{
    return current_thread()->process;
}

/* The thread of a process that does not run yet, or has given up all others. */
static inline struct thread *process_only_thread(const struct process *process)
{
    return container_of(process->threads.next, struct thread, process_link);
}

/*
 * Is the running thread to end before it returns to user mode? It was interrupted, by a kill or by
 * a thread of its process that execs or exits: that ends its killable sleeps, and makes it trap
 * where it runs in user mode. process_exit() finds out which of the two it was.
 */
static inline bool process_is_killed(void)
{
    return thread_is_interrupted();
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
/*
 * Gives it a pid, its parent and life. From then on it runs. Returns the pid, or -EINTR where the
 * parent is being ended by another of its threads.
 */
int process_list(struct process *process, struct process *parent);
/*
 * Files, directory, memory: gives up what the process has. Its own thread, or nobody's yet.
 * Sleeps.
 */
void process_release(struct process *process);
/* exec, exit: the process's space becomes mm; returns the one before. */
struct mm_struct *process_change_space(struct process *process, struct mm_struct *mm);
struct inode *process_cwd(struct process *process); /* with a reference */
void process_set_cwd(struct inode *inode); /* of the running one. Owns: the reference. Sleeps. */

/* The calls. Errors are negative errno. */
int process_fork(const struct trap_frame *frame);
/* Ends the process; or, where another of its threads is already doing so or execs, this thread. */
void process_exit(int status) __attribute__((noreturn));
void process_exit_killed(void) __attribute__((noreturn)); /* the same, of an interrupted thread */
/*
 * Waits for a child to end; stores its status and why it ended (int) at these user addresses, but
 * not at 0. Its pid, -ECHILD, -EFAULT.
 */
int process_wait(uint64_t status, uint64_t cause);
int process_kill(int pid, int cause); /* enum wait_cause. 0, -ESRCH, -EPERM */
int process_parent_pid(void);
/*
 * One more thread, which begins at entry with argument in a0 and on the stack below stack_top, and
 * returns from there to return_to: its number, -EAGAIN (too many), -ENOMEM, -EINTR. Sleeps.
 */
int process_add_thread(uint64_t entry, uint64_t argument, uint64_t stack_top, uint64_t return_to);
/* Waits for a thread of this process to leave. 0, -ESRCH, -EDEADLK, -EINVAL, -EINTR. Sleeps. */
int process_join_thread(int id);
/* The running thread leaves; the last one ends the process, with status 0. */
void process_leave(void) __attribute__((noreturn));
/* The process with the lowest pid above pid: fills info, returns true; false: there is none. */
bool process_describe_next(int pid, struct proc_info *info);

/* The running process did something that it cannot go on after: it is killed. Locks: none. */
void process_kill_self(int cause);
