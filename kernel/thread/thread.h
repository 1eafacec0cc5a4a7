/*
 * Threads of control: kernel stack, saved registers, state. What a thread works for (its process)
 * is opaque here. thread/ knows nothing of memory but the page table to be active while it runs.
 *
 * How a thread stops and starts running, and why no wake-up is lost: top of sched.c.
 */
#pragma once

#include "lib/list.h"
#include "riscv/hart.h"
#include "sync/lockorder.h"
#include "sync/spinlock.h"

struct page_table;
struct process;
struct trap_frame; /* riscv/trap.h: the user registers, at the top of the kernel stack */

enum thread_state { THREAD_NEW, THREAD_RUNNABLE, THREAD_RUNNING, THREAD_SLEEPING, THREAD_DEAD };

struct context { /* callee-saved registers */
    uint64_t ra, sp, s[12];
};

/*
 * guards: t = lock; o = only the thread itself; c = constant after thread_create; r = run queue's
 * lock;
 *         w = the wait queue's lock; m = the lock of the timer list; h = the hart that switches;
 *         p = proc/'s lock (process_lock)
 */
struct thread {
    struct context context;      /* h */
    struct spinlock lock;        /* RANK_THREAD, taken with spin_lock_irq */
    enum thread_state state;     /* t, but for RUNNABLE to RUNNING: h */
    bool interrupted;            /* t: killable sleeps end, and return -EINTR */
    bool killable;               /* t: of a sleep: thread_interrupt ends it */
    bool is_ending;              /* t: it gives up what its process has: nothing interrupts it */
    bool frees_itself;           /* o: a kernel thread that has returned from its entry */
    bool missed_frame;           /* o: it got none; reclaim has not said since that none is left */
    uint32_t hart_index;         /* h: where it runs, or ran last; MAX_HARTS: nowhere yet */
    void *stack;                 /* c: lowest byte of the stack page */
    struct page_table *space;    /* o: user address space, or NULL for a kernel thread */
    struct process *process;     /* o: or NULL for a kernel thread */
    void (*entry)(void *);       /* c */
    void *argument;              /* c */
    char name[24];               /* o */
    int id;                      /* p: of a user thread: its number */
    bool has_left;               /* p: it is ending, and does nothing for its process any more */
    bool is_joined;              /* p: another thread waits for its end */
    uint8_t kill_cause;          /* p: why it was killed first: enum wait_cause; 0: it was not */
    struct list_head process_link; /* p: on its process's list of threads */
    struct list_head run_link;   /* r: on the run queue */
    struct list_head wait_link;  /* w: on a wait queue; else alone */
    uint64_t *fp;                /* o: floating-point registers, or NULL: never used */
    uint64_t wake_time;          /* m */
    struct list_head timer_link; /* m: on a hart's timer list; else alone */
#ifdef SAN
    struct held_locks held;      /* o */
    uint32_t allocations_left;   /* o: to the one that fails on purpose; 0: none does */
    uint64_t left_at;            /* h: when it left the hart; see mmu/tlb_check.h */
    bool has_acted;              /* o: its call did what cannot be done twice */
    uint32_t kill_after;         /* o: instructions from its next call's beginning, or 0 */
    struct timer_list *kill_list; /* o: the hart's that is to kill it; or NULL */
#endif
};

/*
 * A thread that will run entry(argument) on a kernel stack of its own; THREAD_NEW until started.
 * Returns NULL where memory is out. Sleeps. Owns: the caller, until it is started; a started thread
 * is freed by thread_reap (user threads) or by itself when entry returns (kernel threads).
 */
struct thread *thread_create(const char *name, void (*entry)(void *), void *argument);
void thread_start(struct thread *thread);
void thread_discard(struct thread *thread); /* one that was never started */

/*
 * Ends the running thread: state THREAD_DEAD, the last switch away. Someone else must thread_reap.
 * thread->space is NULL by now.
 */
void thread_exit(void) __attribute__((noreturn));
/* Yields until the thread is dead and has left its stack, then frees it. Sleeps. */
void thread_reap(struct thread *thread);

void thread_yield(void); /* lets others run. Sleeps. */
/*
 * Sets interrupted, ends a killable sleep; a thread that runs on another hart is made to trap, so
 * that it looks at what the caller has told it before this call. The caller makes sure that it
 * lives.
 */
void thread_interrupt(struct thread *thread);
/*
 * The running call has done something that must not be done twice: what it returns is what it did,
 * and never -ENOMEM, for which it would be carried out again. SAN=1: syscall_again asserts that.
 */
static inline void thread_note_act(void)
{
#ifdef SAN
    current_thread()->has_acted = true;
#endif
}

/* The running thread ends, and from now on does all that this takes: it was interrupted enough. */
void thread_begin_to_end(void);
/*
 * Was the running thread interrupted, so that it is to leave or to die? Each loop over a length
 * that a user chooses asks in each round, and ends where that is so; its call returns what it did,
 * or -EINTR. Nobody will read that; but what it leaves behind has to be right.
 * Locks: any. Sleeps: no.
 */
static inline bool thread_is_interrupted(void)
{
    return __atomic_load_n(&current_thread()->interrupted, __ATOMIC_RELAXED);
}
void thread_init(void); /* once, on the boot hart: its idle thread becomes current */
/* Each hart's last call of boot: it becomes its idle thread, and schedules for ever. */
void thread_start_hart(void) __attribute__((noreturn));

/* Sleeps at least until timer_now() >= deadline. Returns 0, or -EINTR if interrupted. */
int thread_sleep_until(uint64_t deadline);
