/*
 * Time slices and sleepers. Each hart has a list of the threads that went to sleep on it, the one
 * that is due first in front, and wakes them by its own timer: no hart sets another's timer. The
 * timer is set to the end of the slice, or to the first sleeper's time if that is earlier.
 */
#include "thread/clock.h"

#include "abi/errno.h"
#include "riscv/csr.h"
#include "riscv/timer.h"
#include "thread/sched.h"

struct timer_list {
    struct spinlock lock;      /* RANK_TIMERS, with spin_lock_irq: guards sleepers */
    struct list_head sleepers; /* by timer_link, ascending wake_time */
    uint64_t slice_end;        /* only its hart, interrupts off; TIMER_NEVER while that idles */
    uint64_t programmed;       /* only its hart: the time to which the timer is set */
#ifdef SAN
    struct thread *victim;     /* lock: to be killed at kill_time; or NULL */
    uint64_t kill_time;
#endif
};

static struct timer_list timer_lists[MAX_HARTS];

void timer_lists_init(void)
{
    for (unsigned i = 0; i < MAX_HARTS; i++) {
        spin_init(&timer_lists[i].lock, "timers", RANK_TIMERS);
        list_init(&timer_lists[i].sleepers);
        timer_lists[i].slice_end = TIMER_NEVER;
        timer_lists[i].programmed = TIMER_NEVER;
    }
}

static struct timer_list *this_list(void)
{
    return &timer_lists[this_hart()->index];
}

/* Returns: the sleeper that is due first, or NULL. Locks: the list's. */
static struct thread *first_sleeper(struct timer_list *list)
{
    return list_first_element(&list->sleepers, struct thread, timer_link);
}

/* Sets this hart's timer. Locks: its list's. */
static void timer_program(struct timer_list *list)
{
    struct thread *first = first_sleeper(list);
    uint64_t deadline = list->slice_end;

    spin_assert_held(&list->lock);
    if (first && first->wake_time < deadline)
        deadline = first->wake_time;
#ifdef SAN
    if (list->victim && list->kill_time < deadline)
        deadline = list->kill_time;
#endif
    if (deadline != list->programmed) {
        list->programmed = deadline;
        timer_set(deadline);
    }
}

static void timer_set_slice_end(uint64_t slice_end)
{
    struct timer_list *list = this_list();

    spin_lock_irq(&list->lock);
    list->slice_end = slice_end;
    timer_program(list);
    spin_unlock_irq(&list->lock, 0);
}

void timer_stop_slices(void)
{
    timer_set_slice_end(TIMER_NEVER);
}

/* Returns: the usual length; with a seed, at random from an eighth of it to all of it. */
static uint64_t slice_length(void)
{
    uint64_t length = timer_frequency / SLICES_PER_SECOND;
    uint64_t drawn;

    if (preempt_seed == 0)
        return length;
    drawn = __atomic_add_fetch(&preempt_seed, 0x9e3779b97f4a7c15ul, __ATOMIC_RELAXED);
    drawn = (drawn ^ drawn >> 31) * 0x94d049bb133111ebul >> 32;
    return length / 8 + drawn % (length - length / 8);
}

void timer_start_slices(void)
{
    timer_set_slice_end(timer_now() + slice_length());
}

/* Interrupts off. */
void timer_interrupt(void)
{
    struct timer_list *list = this_list();
    uint64_t now = timer_now();
    struct thread *first;

    spin_lock_irq(&list->lock);
    while ((first = first_sleeper(list)) != NULL && first->wake_time <= now) {
        list_del_init(&first->timer_link);
        thread_wake(first); /* does nothing if it was interrupted before */
    }
#ifdef SAN
    if (list->victim && list->kill_time <= now) {
        thread_interrupt(list->victim);
        list->victim = NULL;
    }
#endif
    if (now >= list->slice_end) {
        this_hart()->need_resched = 1;
        list->slice_end = now + slice_length();
    }
    list->programmed = 0; /* so that the timer is set again, which also ends the interrupt */
    timer_program(list);
    spin_unlock_irq(&list->lock, 0);
}

#ifdef SAN
void timer_kill_after(uint64_t instructions)
{
    uint64_t flags = interrupts_save();
    struct timer_list *list = this_list();

    spin_lock_irq(&list->lock);
    list->victim = current_thread();
    list->kill_time = timer_now() + instructions * (timer_frequency / 1000) / 1000000;
    current_thread()->kill_list = list;
    timer_program(list);
    spin_unlock_irq(&list->lock, flags);
}

void timer_kill_cancel(void)
{
    struct timer_list *list = current_thread()->kill_list;
    uint64_t flags;

    if (!list)
        return;
    flags = spin_lock_irq(&list->lock);
    if (list->victim == current_thread())
        list->victim = NULL;
    current_thread()->kill_list = NULL;
    spin_unlock_irq(&list->lock, flags);
}
#endif

/* Searches from the end: most often the new sleeper is due last. Locks: the list's. */
static void list_insert(struct timer_list *list, struct thread *thread)
{
    struct list_head *before = list->sleepers.prev;

    spin_assert_held(&list->lock);
    while (before != &list->sleepers &&
           container_of(before, struct thread, timer_link)->wake_time > thread->wake_time)
        before = before->prev;
    list_add(&thread->timer_link, before);
}

/* By the protocol at the top of sched.c; the "place" is the timer list. Sleeps. */
int thread_sleep_until(uint64_t deadline)
{
    struct thread *thread = current_thread();
    uint64_t flags = interrupts_save();
    struct timer_list *list = this_list();
    int error = 0;

    spin_lock_irq(&list->lock);
    spin_lock_irq(&thread->lock);
    if (thread->interrupted) {
        spin_unlock_irq(&thread->lock, 0);
        spin_unlock_irq(&list->lock, flags);
        return -EINTR;
    }
    thread->killable = true;
    thread->state = THREAD_SLEEPING;
    thread->wake_time = deadline;
    list_insert(list, thread);
    timer_program(list);
    spin_unlock_irq(&list->lock, 0);
    schedule();
    spin_lock_irq(&list->lock); /* the thread may be on another hart now */
    if (!list_empty(&thread->timer_link)) {
        list_del_init(&thread->timer_link);
        error = -EINTR;
    }
    spin_unlock_irq(&list->lock, flags);
    return error;
}
