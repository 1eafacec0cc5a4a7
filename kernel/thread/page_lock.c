/*
 * Waiting for a flag of a page to become clear: PAGE_LOCKED or PAGE_WRITEBACK. There are only a few
 * wait queues, hashed by the page's number; so a thread that was woken looks at its flag again.
 *
 *     waiter, under the queue's guard         waker
 *     set PAGE_WAITERS                        clear the flag and PAGE_WAITERS, in one step
 *     flag clear? done. else sleep            was PAGE_WAITERS set? wake all, under the guard
 *
 * Either the waiter finds the flag clear, or the waker finds PAGE_WAITERS set. The guard is held
 * from setting PAGE_WAITERS until the waiter is on the queue, so the wake-up is not missed.
 */
#include "thread/page_lock.h"

#include "sync/spinlock.h"
#include "thread/waitq.h"

#define QUEUES 32u

struct page_queue {
    struct spinlock guard; /* taken with spin_lock_irq: interrupt handlers wake */
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

/* Sleeps until flag is clear. With take: sets it as well, so that one waiter alone goes on. */
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
    /* a page of a file is in write-back's batch; any other is on its way to swap */
    lockorder_check(page->class == FRAME_FILE ? RANK_WRITEBACK : RANK_SWAP_WRITE, NULL,
                    "write-back");
    if (page_test(page, PAGE_WRITEBACK))
        wait_for_flag(page, PAGE_WRITEBACK, false);
}

void page_end_writeback(struct page *page)
{
    page_clear_and_wake(page, PAGE_WRITEBACK);
}
