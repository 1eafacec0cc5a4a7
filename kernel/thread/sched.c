/*
 * The scheduler: one queue of runnable threads for all harts, first come, first served.
 *
 * The switch. A thread that stops running takes its own lock, changes its state, and calls
 * schedule(), which picks the next thread and switches to its registers. Only there, in
 * schedule_finish(), the next thread releases the lock of the one before, and puts that one on the
 * run queue if it is still runnable. So:
 *   - a thread on the run queue has its registers saved, and no hart on its stack;
 *   - whoever has the lock of a thread and sees it SLEEPING or DEAD knows the same.
 * The thread that is switched to needs no lock: it was taken from the run queue, so it is this
 * hart's. Interrupts are off from before the lock is taken until after the switch, so no interrupt
 * handler asks for that lock on this hart.
 *
 * Sleep and wake. A sleeper puts itself where the waker will find it (a wait queue, a timer list)
 * under that place's lock, becomes SLEEPING under its own lock, and only then lets go of the place,
 * and of the guard of its condition. A waker that comes in between waits for the thread's lock
 * until the switch away is done; then it makes the thread runnable. A thread that was woken takes
 * the place's lock once more before it goes on: the waker has then finished with the place, which
 * may lie on the sleeper's stack, and with the sleeper, which may be about to exit.
 *
 * Interrupt (kill). thread_interrupt() sets interrupted under the thread's lock. A killable sleeper
 * looks at it under the same lock as it becomes SLEEPING; so either it sees the flag and does not
 * sleep, or thread_interrupt() sees it SLEEPING and makes it runnable. It then still stands on the
 * wait queue, and knows from that that no wake-up was spent on it: only then it returns -EINTR. A
 * waker that finds a thread that is no longer SLEEPING takes the next one.
 *
 * Idle. A hart with nothing to run turns interrupts off, shows its bit in idle_harts, then looks at
 * the run queue once more, and only then waits for an interrupt. A waker puts the thread on the
 * queue first and looks at idle_harts afterwards. One of the two sees what the other did. Waiting
 * ends when an interrupt is pending, though interrupts are off (privileged specification, "Wait for
 * Interrupt"), so an interrupt that comes between the look and the wait is not missed.
 *
 * Death. thread_exit() is a switch away in state DEAD. The reaper takes the thread's lock, and so
 * waits until the stack is left. A kernel thread that frees itself is freed by schedule_finish() of
 * the next.
 *
 * Order: place (wait queue, timer list), thread, run queue.
 */
#include "thread/sched.h"

#include "mem/alloc_failure.h"
#include "mmu/tlb.h"
#include "riscv/csr.h"
#include "riscv/machine.h"
#include "riscv/sbi.h"
#include "riscv/timer.h"
#include "riscv/trap.h"
#include "riscv/user_state.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/clock.h"

static struct {
    struct spinlock lock;     /* RANK_RUN_QUEUE, with spin_lock_irq */
    struct list_head threads; /* by run_link */
    uint32_t count;           /* changed under the lock, read freely */
} run_queue = {SPINLOCK("run queue", RANK_RUN_QUEUE), LIST_HEAD_INIT(run_queue.threads), 0};

static struct thread idle_thread[MAX_HARTS];
static struct thread *switched_from[MAX_HARTS]; /* set by switch_to() for schedule_finish() */
static uint32_t idle_harts; /* a: harts (bits) that wait, or are about to */

bool thread_is_idle(const struct thread *thread)
{
    return thread >= idle_thread && thread < idle_thread + MAX_HARTS;
}

static uint32_t run_queue_count(void)
{
    return __atomic_load_n(&run_queue.count, __ATOMIC_RELAXED);
}

/* Wakes one idle hart, if there is one, to look at the run queue. Interrupts are off. */
static void rouse_idle_hart(void)
{
    uint32_t idle;

    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* after the queue's change; pairs with idle_wait() */
    idle = __atomic_load_n(&idle_harts, __ATOMIC_RELAXED);
    if (idle == 0 || (thread_is_idle(current_thread()) && run_queue_count() <= 1))
        return; /* none is idle; or it is this hart, which will look anyway */
    while (idle != 0) {
        uint32_t chosen = idle & -idle;

        if (__atomic_compare_exchange_n(&idle_harts, &idle, idle & ~chosen, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            sbi_send_ipi(chosen);
            return;
        }
    }
}

void run_queue_add(struct thread *thread)
{
    uint64_t flags = spin_lock_irq(&run_queue.lock);

    list_add_tail(&thread->run_link, &run_queue.threads);
    __atomic_store_n(&run_queue.count, run_queue.count + 1, __ATOMIC_RELAXED);
    spin_unlock_irq(&run_queue.lock, 0);
    rouse_idle_hart();
    interrupts_restore(flags);
}

/* Returns: the first thread of the run queue, or NULL. Interrupts are off. */
static struct thread *run_queue_take(void)
{
    struct thread *thread;

    if (run_queue_count() == 0) /* without the lock: before it idles, this hart looks once more */
        return NULL;
    spin_lock_irq(&run_queue.lock);
    thread = list_first_element(&run_queue.threads, struct thread, run_link);
    if (thread) {
        list_del(&thread->run_link);
        __atomic_store_n(&run_queue.count, run_queue.count - 1, __ATOMIC_RELAXED);
    }
    spin_unlock_irq(&run_queue.lock, 0);
    return thread;
}

/*
 * Floating-point registers belong to user mode only: the user's trap frame says whether they were
 * written since they were last saved (privileged specification, "Extension Context Status").
 */
static void switch_floating_point(struct thread *from, struct thread *to)
{
    if (from->fp && user_state_fp(trap_frame_of(from->stack)) == FP_DIRTY) {
        fp_save(from->fp);
        user_state_set_fp(trap_frame_of(from->stack), FP_CLEAN);
    }
    if (to->fp && user_state_fp(trap_frame_of(to->stack)) != FP_OFF)
        fp_restore(to->fp);
}

/*
 * In riscv/switch.S: saves the callee-saved registers in from, takes those of to, and returns on
 * to's stack; in a new thread, to the function that its ra names.
 */
void context_switch(struct context *from, struct context *to);

/* Interrupts off, and the lock of from. */
static void switch_to(struct thread *from, struct thread *to)
{
    struct hart *hart = this_hart();

    assert(to->state == THREAD_RUNNABLE || thread_is_idle(to));
    if (to->space && to->hart_index != hart->index && to->hart_index < MAX_HARTS) {
        flush_instructions_here();
        tlb_check_moved(to, trap_frame_of(to->stack)->sepc);
    }
    tlb_check_left(from);
    __atomic_store_n(&to->hart_index, hart->index, __ATOMIC_RELAXED);
    __atomic_store_n(&to->state, THREAD_RUNNING, __ATOMIC_RELAXED);
    /* Either thread_interrupt() sees it RUNNING, or the thread sees what was set before. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    switch_floating_point(from, to);
    if (from->space != to->space) {
        page_table_leave(from->space);
        page_table_enter(to->space);
    }
    hart->thread = to;
    hart->kernel_sp = (uint64_t)to->stack + PAGE_SIZE;
    switched_from[hart->index] = from;
    trace(TRACE_SWITCH, 0, 0, (uint32_t)to->id);
    context_switch(&from->context, &to->context);
}

void schedule_finish(void)
{
    struct thread *from = switched_from[this_hart()->index];
    bool runnable = from->state == THREAD_RUNNABLE && !thread_is_idle(from);
    bool free = from->state == THREAD_DEAD && from->frees_itself;

    assert(!interrupts_are_on());
    spin_unlock_irq(&from->lock, 0);
    if (thread_is_idle(current_thread()))
        timer_stop_slices();
    else if (thread_is_idle(from))
        timer_start_slices();
    if (runnable) /* no other thread can change that: it is neither asleep nor queued */
        run_queue_add(from);
    if (free)
        thread_free(from);
}

void schedule(void)
{
    struct thread *from = current_thread();
    struct thread *to;

    spin_assert_held(&from->lock);
    assert(!interrupts_are_on());
    assert(this_hart()->preempt_count == 0); /* no spinlock is held but from's */
    assert(from->state != THREAD_RUNNING);
    this_hart()->need_resched = 0;
    to = run_queue_take();
    if (!to && from->state == THREAD_RUNNABLE) { /* it may go on */
        from->state = THREAD_RUNNING;
        spin_unlock_irq(&from->lock, 0);
        return;
    }
    if (!to)
        to = &idle_thread[this_hart()->index];
    switch_to(from, to);
    schedule_finish(); /* the switch back to from is done, perhaps on another hart */
}

void thread_yield(void)
{
    struct thread *thread = current_thread();
    uint64_t flags = spin_lock_irq(&thread->lock);

    thread->state = THREAD_RUNNABLE;
    schedule();
    interrupts_restore(flags);
}

/* Locks: the thread's. */
static bool wake_locked(struct thread *thread)
{
    spin_assert_held(&thread->lock);
    if (thread->state != THREAD_SLEEPING)
        return false;
    thread->state = THREAD_RUNNABLE;
    run_queue_add(thread);
    return true;
}

bool thread_wake(struct thread *thread)
{
    uint64_t flags = spin_lock_irq(&thread->lock);
    bool woken = wake_locked(thread);

    spin_unlock_irq(&thread->lock, flags);
    return woken;
}

void thread_interrupt(struct thread *thread)
{
    uint64_t flags = spin_lock_irq(&thread->lock);
    uint32_t index;

    thread->interrupted = !thread->is_ending;
    if (thread->killable && thread->interrupted)
        wake_locked(thread);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* pairs with the one in switch_to() */
    index = __atomic_load_n(&thread->hart_index, __ATOMIC_RELAXED);
    if (__atomic_load_n(&thread->state, __ATOMIC_RELAXED) == THREAD_RUNNING &&
        index != this_hart()->index)
        sbi_send_ipi(1ul << index);
    spin_unlock_irq(&thread->lock, flags);
}

void thread_begin_to_end(void)
{
    struct thread *thread = current_thread();
    uint64_t flags = spin_lock_irq(&thread->lock);

    thread->is_ending = true;
    thread->interrupted = false;
    spin_unlock_irq(&thread->lock, flags);
}

#ifdef SAN
static struct held_locks *current_held_locks(void)
{
    struct thread *thread = current_thread();

    return thread ? &thread->held : NULL;
}

/* RACE=: sleeps for so many ticks. Returns: false: this thread may not sleep here. */
static bool race_sleep(uint64_t ticks)
{
    if (!interrupts_are_on() || this_hart()->preempt_count != 0 || thread_is_idle(current_thread()))
        return false;
    if (ticks > 0)
        thread_sleep_until(timer_now() + ticks);
    else
        thread_yield();
    return true;
}

static uint32_t *current_allocations_left(void)
{
    struct thread *thread = current_thread();

    return thread ? &thread->allocations_left : NULL;
}
#endif

static void idle_thread_init(struct hart *hart)
{
    struct thread *thread = &idle_thread[hart->index];

    thread_setup(thread, "idle", THREAD_RUNNING, hart->index);
    thread->stack = &hart_stacks[hart->index][HART_STACK_BYTES / 2];
    hart->thread = thread;
}

void thread_init(void)
{
    timer_lists_init();
    idle_thread_init(this_hart());
    preempt_seed = boot_number("seed");
    race_init();
#ifdef SAN
    held_locks_hook = current_held_locks;
    race_sleep_hook = race_sleep;
    alloc_failure_hook = current_allocations_left;
#endif
}

/* Nothing to run: waits for an interrupt. Its handler runs as soon as interrupts are on again. */
static void idle_wait(void)
{
    uint32_t self = 1u << this_hart()->index;

    interrupts_off();
    __atomic_fetch_or(&idle_harts, self, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* pairs with rouse_idle_hart() */
    if (run_queue_count() == 0)
        wait_for_interrupt();
    __atomic_fetch_and(&idle_harts, ~self, __ATOMIC_RELAXED);
    interrupts_on();
}

void thread_start_hart(void)
{
    interrupts_off();
    if (!current_thread()) /* not the boot hart */
        idle_thread_init(this_hart());
    timer_stop_slices();
    interrupts_on();
    for (;;) {
        thread_yield();
        idle_wait();
    }
}
