/*
 * Threads: kernel stack, saved registers, state. struct process is opaque in thread/, and all that
 * thread/ knows about memory is the page table that must be active while a thread runs.
 *
 * The top of sched.c explains how a thread stops and starts running, and why no wake-up is lost.
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
    bool interrupted;            /* t: its killable sleeps end with -EINTR */
    bool killable;               /* t: it sleeps, and thread_interrupt may end that */
    bool is_ending;              /* t: it frees what its process has: nothing interrupts it */
    bool frees_itself;           /* o: a kernel thread that has returned from its entry */
    bool missed_frame;           /* o: it got no frame, but waiting may bring one */
    uint32_t hart_index;         /* h: on which it runs, or ran last; MAX_HARTS: none yet */
    void *stack;                 /* c: lowest byte of the stack page */
    struct page_table *space;    /* o: user address space, or NULL for a kernel thread */
    struct process *process;     /* o: or NULL for a kernel thread */
    void (*entry)(void);         /* c */
    char name[24];               /* o */
    int id;                      /* p: a user thread's number */
    bool has_left;               /* p: it is ending, and no longer acts for its process */
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
    uint32_t allocations_left;   /* o: until one fails on purpose; 0: none does */
    uint64_t left_at;            /* h: when it left the hart; see mmu/tlb_check.h */
    bool has_acted;              /* o: its call has done something that must not be repeated */
    uint32_t kill_after;         /* o: instructions from its next call's beginning, or 0 */
    struct timer_list *kill_list; /* o: the list of the hart that will kill it; or NULL */
#endif
};

/*
 * Makes a thread that will run entry() on a kernel stack of its own. It is THREAD_NEW until
 * it is started. Until then it belongs to the caller; afterwards thread_reap frees it (user
 * threads), or it frees itself when entry returns (kernel threads).
 * Sleeps. Returns: the thread, or NULL: no memory.
 */
struct thread *thread_create(const char *name, void (*entry)(void));
void thread_start(struct thread *thread);
/* Makes a kernel thread, and starts it. Sleeps. Returns: 0 or -ENOMEM. */
int thread_run(const char *name, void (*entry)(void));
void thread_discard(struct thread *thread); /* one that was never started */

/*
 * Ends the running thread: its state is THREAD_DEAD, and it switches away for the last time.
 * Another thread must call thread_reap. thread->space must be NULL.
 */
void thread_exit(void) __attribute__((noreturn));
/* Yields until the thread is dead and has left its stack, then frees it. Sleeps. */
void thread_reap(struct thread *thread);

void thread_yield(void); /* lets others run. Sleeps. */
/*
 * Sets thread->interrupted and ends a killable sleep. A thread that runs on another hart is made to
 * trap, so that it sees what the caller has set before this call.
 * The caller makes sure that the thread is not freed meanwhile.
 */
void thread_interrupt(struct thread *thread);
/*
 * The running system call has done something that must not be done twice. From now on it must not
 * return -ENOMEM, after which it would be repeated. SAN=1: syscall_again asserts that.
 */
static inline void thread_note_act(void)
{
#ifdef SAN
    current_thread()->has_acted = true;
#endif
}

/* The running thread ends. From now on nothing interrupts it, so that it can free all it has. */
void thread_begin_to_end(void);
/*
 * Was the running thread interrupted: by a kill, or by a thread of its process that execs or exits?
 * Then it will end before it returns to user mode; process_exit_killed() finds out which of the two
 * it was. Each loop over a length that a user chooses asks this in each round, and ends if it is
 * so. The system call returns what it has done so far, or -EINTR. No program will read that; but
 * the state must be consistent.
 * Locks: any. Never sleeps.
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
