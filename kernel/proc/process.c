/*
 * The table of processes: creating, listing and freeing them, and looking at other processes.
 *
 * process_lock guards the list and the tree of processes. It is the guard of the wait for a child,
 * so no exit is missed. Other processes' address spaces are looked at under it only: exec and exit
 * change process->mm under the lock before they destroy the space. threads.c has a process's
 * threads.
 */
#include "proc/process.h"

#include "abi/errno.h"
#include "abi/limits.h"
#include "abi/syscall.h"
#include "abi/wait.h"
#include "fs/inode.h"
#include "lib/string.h"
#include "mem/kmem.h"
#include "proc/lifecycle.h"
#include "sync/printf.h"
#include "sync/trace.h"
#include "vm/extra/oom.h"
#include "vm/mapping/mm.h"

struct spinlock process_lock = SPINLOCK("processes", RANK_PROCESS);

static struct list_head processes = LIST_HEAD_INIT(processes); /* p: by pid */
static uint32_t process_count;     /* p: listed, or being made */
static int next_pid = 1;           /* p */

static uint32_t running_pid(void)
{
    const struct process *process = current_process();

    return process ? (uint32_t)process->pid : 0;
}

bool process_count_up(uint32_t *count, uint32_t limit)
{
    bool room;

    spin_lock(&process_lock);
    room = *count < limit;
    *count += room;
    spin_unlock(&process_lock);
    return room;
}

void process_count_down(uint32_t *count)
{
    spin_lock(&process_lock);
    (*count)--;
    spin_unlock(&process_lock);
}

int process_create(const char *name, struct process **out)
{
    struct process *process;
    struct thread *thread;

    if (!process_count_up(&process_count, MAX_PROCESSES))
        return -EAGAIN;
    process = kmem_alloc(sizeof(*process), 0);
    if (!process)
        goto uncount;
    thread = process_thread_create(process, name);
    if (!thread)
        goto free_process;
    strlcpy(process->name, name, sizeof(process->name));
    list_init(&process->children);
    list_init(&process->threads);
    waitq_init(&process->child_exited, "child exited");
    waitq_init(&process->thread_left, "thread left");
    file_table_init(&process->files);
    process_thread_list(process, thread);
    *out = process;
    return 0;

free_process:
    kmem_free(process);
uncount:
    process_count_down(&process_count);
    return -ENOMEM;
}

/* Frees the struct, after its threads and resources. */
static void process_free(struct process *process)
{
    san_assert(!process->mm && !process->cwd && list_empty(&process->children));
    kmem_free(process);
    process_count_down(&process_count);
}

void process_discard(struct process *process)
{
    process_release(process);
    process_thread_discard(process_only_thread(process));
    process_free(process);
}

void process_unlist(struct process *process)
{
    spin_assert_held(&process_lock);
    list_del(&process->all_link);
    list_del(&process->sibling);
}

void process_bury(struct process *process)
{
    process_thread_free(process_only_thread(process));
    process_free(process);
}

/*
 * The link after which a process with that pid belongs. NULL: the pid is in use. Locks:
 * process_lock.
 */
static struct list_head *pid_place(int pid)
{
    struct list_head *link;

    for (link = processes.prev; link != &processes; link = link->prev) {
        int other = container_of(link, struct process, all_link)->pid;

        if (other <= pid)
            return other == pid ? NULL : link;
    }
    return link;
}

int process_next_id(void)
{
    int id = next_pid;

    spin_assert_held(&process_lock);
    next_pid = next_pid == INT32_MAX ? 1 : next_pid + 1;
    return id;
}

int process_list(struct process *process, struct process *parent)
{
    struct thread *thread = process_only_thread(process);
    struct list_head *place;
    int pid;

    spin_lock(&process_lock);
    /* A killed process makes no more children: mprotect may have left its space half changed. */
    if (parent && (parent->sole || thread_is_interrupted())) {
        spin_unlock(&process_lock);
        return -EINTR;
    }
    do {
        pid = process_next_id();
        place = pid_place(pid);
    } while (!place);
    process->pid = thread->id = pid;
    process->mm->pid = pid;
    list_add(&process->all_link, place);
    process->parent = parent;
    if (parent) {
        trace_of(pid, TRACE_FORK, 0, 0, (uint32_t)parent->pid);
        process->job = parent->job;
        list_add_tail(&process->sibling, &parent->children);
    } else {
        trace_of(pid, TRACE_FORK, 0, 0, 0);
        list_init(&process->sibling);
    }
    thread_start(thread); /* under the lock, so that a process that is found has been started */
    thread_note_act();
    spin_unlock(&process_lock);
    return pid; /* the process itself may be freed by now */
}

struct mm_struct *process_change_space(struct process *process, struct mm_struct *mm)
{
    struct mm_struct *before;

    spin_lock(&process_lock);
    before = process->mm;
    process->mm = mm;
    spin_unlock(&process_lock);
    return before;
}

struct inode *process_cwd(struct process *process)
{
    struct inode *cwd;

    spin_lock(&process_lock);
    cwd = process->cwd;
    inode_ref(cwd);
    spin_unlock(&process_lock);
    return cwd;
}

void process_set_cwd(struct inode *inode)
{
    struct process *process = current_process();
    struct inode *before;

    spin_lock(&process_lock);
    before = process->cwd;
    process->cwd = inode;
    spin_unlock(&process_lock);
    inode_put(before);
}

/* The process with the lowest pid of at least pid, or NULL. Locks: process_lock. */
static struct process *process_find_from(int pid)
{
    struct process *process;

    spin_assert_held(&process_lock);
    list_for_each_element(process, &processes, all_link)
        if (process->pid >= pid)
            return process;
    return NULL;
}

/* The first cause is kept. Locks: process_lock. */
static void thread_kill(struct thread *thread, int cause)
{
    if (thread->kill_cause == CAUSE_EXITED)
        thread->kill_cause = (uint8_t)cause;
    thread_interrupt(thread);
}

void process_kill_self(int cause)
{
    spin_lock(&process_lock);
    thread_kill(current_thread(), cause);
    spin_unlock(&process_lock);
}

/* Also a zombie's thread, which stays until the zombie is waited for. Locks: process_lock. */
static void kill_all(struct process *process, int cause)
{
    struct thread *thread;

    list_for_each_element(thread, &process->threads, process_link)
        thread_kill(thread, cause);
}

int process_kill(int pid, int cause)
{
    struct process *process;
    int error = 0;

    spin_lock(&process_lock);
    process = process_find_from(pid);
    if (!process || process->pid != pid)
        error = -ESRCH;
    else if (!process->parent)
        error = -EPERM; /* init: no process would adopt the orphans */
    else
        kill_all(process, cause);
    spin_unlock(&process_lock);
    return error;
}

int process_foreground(int job)
{
    struct process *process;
    int error = job != 0 ? -ESRCH : 0;

    spin_lock(&process_lock);
    list_for_each_element(process, &processes, all_link) {
        if (process->parent && (process->pid == job || -process->pid == job)) {
            process->job = job > 0 ? job : 0;
            error = 0;
        }
    }
    if (!error && job >= 0)
        console_set_job(job);
    spin_unlock(&process_lock);
    return error;
}

/*
 * Ctrl-C. No process is missed, and none outlives the look at it: all happens under process_lock.
 * A child that is being made is either listed, with its parent's number, or its parent is
 * interrupted before it lists it, and process_list refuses. A process that execs is the same one. A
 * zombie has ended anyway. A thread that runs on another hart is made to trap.
 */
static void process_kill_job(int job)
{
    struct process *process;

    spin_lock(&process_lock);
    list_for_each_element(process, &processes, all_link)
        if (process->job == job && process->parent)
            kill_all(process, CAUSE_INTERRUPT);
    spin_unlock(&process_lock);
}

/* The process may have left mm by exec or exit: then it is not killed. */
static void process_kill_space(struct mm_struct *mm, int cause)
{
    struct process *process;

    spin_lock(&process_lock);
    process = process_find_from(mm->pid);
    if (process && process->mm == mm && process->parent)
        kill_all(process, cause);
    spin_unlock(&process_lock);
}

void process_table_init(void)
{
    trace_pid_hook = running_pid;
    oom_kill_hook = process_kill_space;
    console_kill_hook = process_kill_job;
}

int process_parent_pid(void)
{
    struct process *process = current_process();
    int pid;

    spin_lock(&process_lock);
    pid = process->parent ? process->parent->pid : 0;
    spin_unlock(&process_lock);
    return pid;
}

static char process_state_letter(const struct process *process)
{
    const struct thread *thread;

    if (process->state != PROCESS_LIVE)
        return 'Z';
    list_for_each_element(thread, &process->threads, process_link)
        if (!thread->has_left && thread->state != THREAD_SLEEPING)
            return 'R';
    return 'S';
}

bool process_describe_next(int pid, struct proc_info *info)
{
    struct process *process;
    struct mm_struct *mm;

    memset(info, 0, sizeof(*info));
    spin_lock(&process_lock);
    process = pid < INT32_MAX ? process_find_from(pid + 1) : NULL;
    if (process) {
        info->pid = process->pid;
        info->ppid = process->parent ? process->parent->pid : 0;
        info->state = process_state_letter(process);
        strlcpy(info->name, process->name, sizeof(info->name));
        mm = process->mm;
        info->resident = mm ? __atomic_load_n(&mm->resident, __ATOMIC_RELAXED) * PAGE_SIZE : 0;
        info->swapped = mm ? __atomic_load_n(&mm->swapped, __ATOMIC_RELAXED) * PAGE_SIZE : 0;
        info->size = mm ? __atomic_load_n(&mm->area_bytes, __ATOMIC_RELAXED) : 0;
    }
    spin_unlock(&process_lock);
    return process != NULL;
}

void process_print_all(void)
{
    struct process *process;

    if (!spin_trylock(&process_lock)) { /* this interrupt may have interrupted its holder */
        printf("(the process table is in use: try again)\n");
        return;
    }
    printf("\n");
    list_for_each_element(process, &processes, all_link)
        printf("%d %c %s\n", process->pid, process_state_letter(process), process->name);
    spin_unlock(&process_lock);
}
