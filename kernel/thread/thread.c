/* The life of a thread: made, started, ended, freed. */
#include "thread/thread.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/kmem.h"
#include "mmu/tlb_check.h"
#include "riscv/csr.h"
#include "riscv/trap.h"
#include "sync/printf.h"
#include "thread/kstack.h"
#include "thread/clock.h"
#include "thread/sched.h"

/* The first function on a new stack: context_switch returns to it. Interrupts are off. */
static void thread_begin(void)
{
    struct thread *thread;

    schedule_finish();
    interrupts_on();
    thread = current_thread();
    thread->entry();
    thread->frees_itself = true;
    thread_exit();
}

void thread_setup(struct thread *thread, const char *name, enum thread_state state, uint32_t hart)
{
    spin_init(&thread->lock, "thread", RANK_THREAD);
    list_init(&thread->wait_link);
    list_init(&thread->timer_link);
    thread->state = state;
    thread->hart_index = hart;
    strlcpy(thread->name, name, sizeof(thread->name));
}

struct thread *thread_create(const char *name, void (*entry)(void))
{
    struct thread *thread = kmem_alloc(sizeof(*thread), 0);
    struct trap_frame *frame;

    if (!thread)
        return NULL;
    thread->stack = kstack_alloc();
    if (!thread->stack) {
        kmem_free(thread);
        return NULL;
    }
    thread_setup(thread, name, THREAD_NEW, MAX_HARTS);
    thread->entry = entry;
    frame = trap_frame_of(thread->stack);
    memset(frame, 0, sizeof(*frame));
    thread->context.ra = (uint64_t)thread_begin;
    thread->context.sp = (uint64_t)frame;
    return thread;
}

void thread_start(struct thread *thread)
{
    uint64_t flags = spin_lock_irq(&thread->lock);

    assert(thread->state == THREAD_NEW);
    thread->state = THREAD_RUNNABLE;
    run_queue_add(thread);
    spin_unlock_irq(&thread->lock, flags);
}

int thread_run(const char *name, void (*entry)(void))
{
    struct thread *thread = thread_create(name, entry);

    if (!thread)
        return -ENOMEM;
    thread_start(thread);
    return 0;
}

void thread_free(struct thread *thread)
{
    assert(list_empty(&thread->wait_link) && list_empty(&thread->timer_link));
    kstack_free(thread->stack);
    kmem_free(thread->fp);
    kmem_free(thread);
}

void thread_discard(struct thread *thread)
{
    assert(thread->state == THREAD_NEW);
    thread_free(thread);
}

void thread_exit(void)
{
    struct thread *thread = current_thread();

    assert(thread->space == NULL);
#ifdef SAN
    lockorder_assert_none(true);
    timer_kill_cancel();
#endif
    tlb_check_return();
    /* A waker may still hold the lock; once this thread has it the waker has finished. */
    spin_lock_irq(&thread->lock);
    thread->state = THREAD_DEAD;
    schedule();
    panic("a dead thread runs");
}

/* Locks: none. Sleeps. */
void thread_reap(struct thread *thread)
{
    for (;;) {
        uint64_t flags = spin_lock_irq(&thread->lock);
        bool dead = thread->state == THREAD_DEAD;

        spin_unlock_irq(&thread->lock, flags);
        if (dead)
            break;
        thread_yield();
    }
    thread_free(thread);
    kstack_trim(false);
}
