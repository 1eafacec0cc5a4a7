/*
 * Time slices and sleepers. Each hart has the list of those that went to sleep on it, the next one
 * due first, and serves it by its own timer; so no hart sets another's. What the timer is set to:
 * the end of the slice, or the first sleeper's time where that is earlier.
 */
#include "thread/clock.h"

#include "abi/errno.h"
#include "riscv/csr.h"
#include "riscv/timer.h"
#include "thread/sched.h"

struct timer_list {
    struct spinlock lock;      /* RANK_TIMERS, with spin_lock_irq: guards sleepers */
    struct list_head sleepers; /* by timer_link, ascending wake_time */
    uint64_t slice_end;        /* this hart's only, interrupts off; TIMER_NEVER while it idles */
    uint64_t programmed;       /* the same: what the timer is set to */
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

/* Locks: the list's. The sleeper that is due first, or NULL. */
static struct thread *first_sleeper(struct timer_list *list)
{
    return list_first_element(&list->sleepers, struct thread, timer_link);
}

/* Locks: the list's, which is this hart's. */
static void timer_program(struct timer_list *list)
{
    struct thread *first = first_sleeper(list);
    uint64_t deadline = list->slice_end;

    spin_assert_held(&list->lock);
    if (first != NULL && first->wake_time < deadline)
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

/* With a seed, slices end anywhere between an eighth and the whole of their usual length. */
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
        thread_wake(first); /* where it was interrupted before, this does nothing */
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
    list->programmed = 0; /* it has come: set it anew, which also ends the interrupt */
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

/* Locks: the list's. Mostly the newest is the last one due, so the search starts at the end. */
static void list_insert(struct timer_list *list, struct thread *thread)
{
    struct list_head *before = list->sleepers.prev;

    spin_assert_held(&list->lock);
    while (before != &list->sleepers &&
           container_of(before, struct thread, timer_link)->wake_time > thread->wake_time)
        before = before->prev;
    list_add(&thread->timer_link, before);
}

/* The protocol is that of sched.c; the timer list is the place. Sleeps. */
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
    spin_lock_irq(&list->lock); /* perhaps another hart's by now */
    if (!list_empty(&thread->timer_link)) {
        list_del_init(&thread->timer_link);
        error = -EINTR;
    }
    spin_unlock_irq(&list->lock, flags);
    return error;
}
