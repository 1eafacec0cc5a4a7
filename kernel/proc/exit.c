/*
 * exit and wait. A process that exits ends its other threads, releases all its resources, gives its
 * children to init, and remains as a zombie with its status until its parent waits for it. The
 * zombie's last thread may still be on its stack at that time; thread_reap() waits until it has
 * left.
 */
#include "abi/errno.h"
#include "abi/wait.h"
#include "fs/inode.h"
#include "mem/frame.h"
#include "proc/lifecycle.h"
#include "sync/printf.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/mm.h"

#define STATUS_INIT_KILLED 125

struct process *init_process;

void process_release(struct process *process)
{
    struct thread *thread = process_only_thread(process);
    struct mm_struct *mm;

    file_table_close_all(&process->files);
    if (process->cwd)
        inode_put(process->cwd);
    process->cwd = NULL;
    mm = process_change_space(process, NULL);
    if (thread == current_thread())
        mm_switch(NULL);
    else
        thread->space = NULL;
    if (mm)
        mm_put(mm);
}

/*
 * Gives the children to init, and wakes it if one of them has already exited. Locks: process_lock.
 */
static void orphans_to_init(struct process *process)
{
    struct process *child;

    list_for_each_element_safe(child, &process->children, sibling) {
        child->parent = init_process;
        list_del(&child->sibling);
        list_add_tail(&child->sibling, &init_process->children);
        if (child->state == PROCESS_ZOMBIE)
            waitq_wake_all(&init_process->child_exited);
    }
}

static void __attribute__((noreturn)) init_has_ended(int status, int cause)
{
    fs_sync();
    if (cause != CAUSE_EXITED)
        printf("init was killed: powering off\n");
    else
        printf("init exited with status %d: powering off\n", status);
    power_off(status < 0 || status > STATUS_INIT_KILLED ? STATUS_INIT_KILLED : status);
}

/* cause: CAUSE_EXITED, or why the running thread was killed. */
static void __attribute__((noreturn)) process_end(int status, int cause)
{
    struct process *process = current_process();

    if (process_take_over() < 0)
        process_leave();
    thread_begin_to_end();
    if (process == init_process)
        init_has_ended(status, cause);
    process_release(process);
#ifdef SAN
    ledger_check();
#endif
    spin_lock(&process_lock);
    orphans_to_init(process);
    process->exit_status = status;
    process->exit_cause = cause;
    process->state = PROCESS_ZOMBIE;
    waitq_wake_all(&process->parent->child_exited);
    spin_unlock(&process_lock); /* from here on the struct may be freed, but not the thread */
    thread_exit();
}

void process_exit(int status)
{
    process_end(status, CAUSE_EXITED);
}

void process_exit_killed(void)
{
    int cause;

    spin_lock(&process_lock);
    cause = current_thread()->kill_cause;
#ifdef SAN
    if (cause == CAUSE_EXITED) /* timer_kill_after() names none */
        cause = CAUSE_KILL;
#endif
    spin_unlock(&process_lock);
    process_end(EXIT_KILLED, cause);
}

/* Locks: process_lock. */
static struct process *find_zombie(struct process *parent)
{
    struct process *child;

    list_for_each_element(child, &parent->children, sibling)
        if (child->state == PROCESS_ZOMBIE)
            return child;
    return NULL;
}

/*
 * Waits for a child that has exited and makes it PROCESS_REAPED, so that no other thread gets it.
 * Sleeps. Returns: 0, -ECHILD or -EINTR.
 */
static int wait_for_zombie(struct process *parent, struct process **out)
{
    int error = 0;

    lockorder_check(RANK_EVENT, NULL, "a child");
    spin_lock(&process_lock);
    while ((*out = find_zombie(parent)) == NULL && !error) {
        if (list_empty(&parent->children))
            error = -ECHILD;
        else
            error = waitq_sleep_killable(&parent->child_exited, &process_lock);
    }
    if (*out) {
        (*out)->state = PROCESS_REAPED;
        error = 0;
    }
    spin_unlock(&process_lock);
    return error;
}

int process_wait(uint64_t status, uint64_t cause)
{
    struct process *process = current_process();
    struct process *child;
    int error = wait_for_zombie(process, &child);
    int pid;

    if (error)
        return error;
    pid = child->pid;
    if (status != 0)
        error = user_copy_out(process->mm, status, &child->exit_status,
                              sizeof(child->exit_status));
    if (!error && cause != 0)
        error = user_copy_out(process->mm, cause, &child->exit_cause, sizeof(child->exit_cause));
    spin_lock(&process_lock);
    if (error)
        child->state = PROCESS_ZOMBIE; /* it can be waited for again */
    else
        process_unlist(child);
    if (process->thread_count > 1) /* they may wait for this child, or have none left */
        waitq_wake_all(&process->child_exited);
    spin_unlock(&process_lock);
    if (error)
        return error;
    process_bury(child);
    return pid;
}
