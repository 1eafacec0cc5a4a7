/*
 * The threads of a process. They share the process's resources; each has its own kernel stack,
 * registers and floating-point registers. None is special: the process lives until its last thread
 * leaves, or until one of them ends it.
 *
 * A thread leaves by itself, and only where it holds no lock: in the call, or on its way back to
 * user mode. A thread that wants to be the only one (exec, exit) sets process->sole, interrupts the
 * others and waits for them. The first one wins: a thread that finds another there leaves.
 *
 * A thread that has left stays on the process's list, with its stack, until it is joined or the
 * process is taken over. The thread that takes it off the list frees it.
 */
#include "abi/errno.h"
#include "abi/limits.h"
#include "proc/lifecycle.h"
#include "riscv/csr.h"
#include "riscv/user_state.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mm.h"

static uint32_t added_threads; /* p: without the first of each process */

/* The charge for a thread: a stack, and small objects, with its share of its process's. */
static const struct commit thread_charge = {.unswappable = 2};

/* A new thread's first function: goes to user mode, unless it was already interrupted. */
static void user_thread_begin(void)
{
    interrupts_off(); /* an interruption from here on makes user mode trap */
    if (thread_is_interrupted()) {
        interrupts_on();
        process_exit_killed();
    }
    trap_return_to_user(trap_frame_of(current_thread()->stack));
}

struct thread *process_thread_create(struct process *process, const char *name)
{
    struct thread *thread;

    if (commit_charge(thread_charge) < 0)
        return NULL;
    thread = thread_create(name, user_thread_begin);
    if (!thread)
        commit_release(thread_charge);
    else
        thread->process = process;
    return thread;
}

void process_thread_list(struct process *process, struct thread *thread)
{
    list_add_tail(&thread->process_link, &process->threads);
    process->thread_count++;
}

void process_thread_discard(struct thread *thread)
{
    thread_discard(thread);
    commit_release(thread_charge);
}

void process_thread_free(struct thread *thread)
{
    thread_reap(thread);
    commit_release(thread_charge);
}

/* The thread of that number, or NULL. Locks: process_lock. */
static struct thread *thread_find(const struct process *process, int id)
{
    struct thread *thread;

    spin_assert_held(&process_lock);
    list_for_each_element(thread, &process->threads, process_link)
        if (thread->id == id)
            return thread;
    return NULL;
}

/* Returns: its number, or -EINTR: the process is being taken over. */
static int thread_list_and_start(struct process *process, struct thread *thread)
{
    int id = -EINTR;

    spin_lock(&process_lock);
    if (!process->sole) {
        do
            id = process_next_id();
        while (thread_find(process, id));
        thread->id = id;
        process_thread_list(process, thread);
        thread_start(thread); /* under the lock, so that a thread that is found has been started */
        thread_note_act();
    }
    spin_unlock(&process_lock);
    return id;
}

int process_add_thread(uint64_t entry, uint64_t argument, uint64_t stack_top, uint64_t return_to)
{
    struct process *process = current_process();
    struct trap_frame *frame;
    struct thread *thread;
    int id;

    if (!process_count_up(&added_threads, MAX_THREADS))
        return -EAGAIN;
    thread = process_thread_create(process, process->name);
    if (!thread) {
        process_count_down(&added_threads);
        return -ENOMEM;
    }
    frame = trap_frame_of(thread->stack);
    user_state_init(frame, entry, stack_top & ~15ul);
    frame->a0 = argument;
    frame->ra = return_to;
    frame->gp = trap_frame_of(current_thread()->stack)->gp;
    thread->space = &process->mm->page_table;
    thread->hart_index = current_thread()->hart_index; /* where its code is fenced for */
    tlb_check_left(thread);
    process->files.is_shared = true;
    id = thread_list_and_start(process, thread);
    if (id < 0) {
        process_thread_discard(thread);
        process_count_down(&added_threads);
    }
    return id;
}

/* Waits until the thread has left, and takes it off the list. Locks: process_lock. Sleeps. */
static int wait_for_thread(struct process *process, struct thread *thread)
{
    int error = 0;

    if (!thread)
        return -ESRCH;
    if (thread == current_thread())
        return -EDEADLK;
    if (thread->is_joined)
        return -EINVAL;
    thread->is_joined = true; /* so that it is not freed: a takeover waits for this thread first */
    while (!thread->has_left && !error)
        error = waitq_sleep_killable(&process->thread_left, &process_lock);
    if (thread->has_left)
        list_del(&thread->process_link);
    else
        thread->is_joined = false;
    return thread->has_left ? 0 : error;
}

int process_join_thread(int id)
{
    struct process *process = current_process();
    struct thread *thread;
    int error;

    lockorder_check(RANK_EVENT, NULL, "a thread");
    spin_lock(&process_lock);
    thread = thread_find(process, id);
    error = wait_for_thread(process, thread);
    spin_unlock(&process_lock);
    if (!error) {
        process_thread_free(thread);
        process_count_down(&added_threads);
    }
    return error;
}

void process_leave(void)
{
    struct process *process = current_process();

    mm_switch(NULL); /* before the space may be destroyed */
    spin_lock(&process_lock);
    if (process->thread_count == 1) {
        spin_unlock(&process_lock); /* no thread is left that could make another */
        process_exit(0);
    }
    current_thread()->has_left = true;
    process->thread_count--;
    waitq_wake_all(&process->thread_left);
    spin_unlock(&process_lock); /* from here on it may be waited for, but not freed yet */
    thread_exit();
}

/* Frees all threads but the running one; all have left. */
static void free_others(struct process *process)
{
    struct thread *thread;

    list_for_each_element_safe(thread, &process->threads, process_link) {
        if (thread == current_thread())
            continue;
        spin_lock(&process_lock); /* other processes look at the list, for example to kill */
        list_del(&thread->process_link);
        spin_unlock(&process_lock);
        process_thread_free(thread);
        process_count_down(&added_threads);
    }
}

int process_take_over(void)
{
    struct process *process = current_process();
    struct thread *self = current_thread();
    struct thread *thread;

    lockorder_check(RANK_OUTER, NULL, "the other threads"); /* they may be after any lock */
    spin_lock(&process_lock);
    if (process->sole) {
        spin_unlock(&process_lock);
        return -EINTR;
    }
    process->sole = self;
    list_for_each_element(thread, &process->threads, process_link)
        if (thread != self)
            thread_interrupt(thread);
    while (process->thread_count > 1)
        waitq_sleep(&process->thread_left, &process_lock);
    process->sole = NULL; /* no other thread is left */
    self->id = process->pid;
    spin_unlock(&process_lock);
    free_others(process);
    process->files.is_shared = false;
    return 0;
}
