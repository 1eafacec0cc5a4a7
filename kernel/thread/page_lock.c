/*
 * The page lock and the end of write-back: a flag in the page, waiters in hashed queues.
 *
 * PAGE_WAITERS is set under the queue's guard before a waiter sleeps. Code that clears the flag
 * that is waited for looks at PAGE_WAITERS afterwards and wakes under the same guard. So either
 * the waiter sees the flag clear, or the waker sees the waiter. One queue serves several pages and
 * both kinds of waiting; a woken thread looks again.
 */
#include "thread/page_lock.h"

#include "sync/spinlock.h"
#include "thread/waitq.h"

#define QUEUES 32u

struct page_queue {
    struct spinlock guard; /* taken with spin_lock_irq: the end of an I/O wakes */
    struct waitq queue;
};

static struct page_queue page_queues[QUEUES];

static struct page_queue *queue_of(struct page *page)
{
    return &page_queues[page_pfn(page).number % QUEUES];
}

void page_lock_init(void)
{
    for (unsigned i = 0; i < QUEUES; i++) {
        spin_init(&page_queues[i].guard, "page queue", RANK_DEVICE);
        waitq_init(&page_queues[i].queue, "page");
    }
}

/* Sleeps until flag is clear; or, with take, until this thread is the one that set it. */
static void wait_for_flag(struct page *page, enum page_flag flag, bool take)
{
    struct page_queue *queue = queue_of(page);
    uint64_t interrupts = spin_lock_irq(&queue->guard);

    for (;;) {
        page_set(page, PAGE_WAITERS);
        if (take ? !page_set(page, flag) : !page_test(page, flag))
            break;
        waitq_sleep_irq(&queue->queue, &queue->guard, &interrupts);
    }
    spin_unlock_irq(&queue->guard, interrupts);
}

void page_wake(struct page *page)
{
    struct page_queue *queue = queue_of(page);
    uint64_t interrupts = spin_lock_irq(&queue->guard);

    waitq_wake_all(&queue->queue);
    spin_unlock_irq(&queue->guard, interrupts);
}

void page_lock(struct page *page)
{
    lockorder_acquire(RANK_PAGE, page, "page");
    if (page_set(page, PAGE_LOCKED))
        wait_for_flag(page, PAGE_LOCKED, true);
}

void page_wait_writeback(struct page *page)
{
    /* of the batch of a file, or of those on their way to swap */
    lockorder_check(page->class == FRAME_FILE ? RANK_WRITEBACK : RANK_SWAP_WRITE, NULL,
                    "write-back");
    if (page_test(page, PAGE_WRITEBACK))
        wait_for_flag(page, PAGE_WRITEBACK, false);
}

void page_end_writeback(struct page *page)
{
    page_clear_and_wake(page, PAGE_WRITEBACK);
}
