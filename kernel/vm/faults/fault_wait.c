/*
 * Waiting for what a round of a fault could not have: a frame, a page of a file or of swap, its
 * lock, a larger stack, or what the rules of the space ask for.
 *
 * What always holds: nothing is held while it is waited, not even the mm lock; so all that a round
 * saw may be otherwise afterwards, and the next round begins with the address again. Only what was
 * waited for is kept, by a reference, so that the next round gets further.
 */
#include "vm/faults/fault_wait.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "sync/race.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/object_read.h"
#include "vm/mapping/image.h"
#include "vm/swapping/swap_io.h"

void fault_keep(struct vm_fault *fault, struct page *page)
{
    if (fault->page)
        page_put(fault->page);
    fault->page = page;
}

/* Holds nothing. Is the entry what the last round found? */
static bool entry_is_old(struct vm_fault *fault)
{
    pte_t *ptep;
    bool is_old;

    rwlock_read_acquire(&fault->mm->lock);
    ptep = pte_find(&fault->mm->page_table, fault->va);
    is_old = ptep && pte_load(ptep) == fault->old;
    rwlock_read_release(&fault->mm->lock);
    return is_old;
}

/*
 * Holds nothing. The page that fault->old says is in swap comes into memory. The slot may have
 * become another's meanwhile: then a failure is not ours.
 */
static int wait_for_swap(struct vm_fault *fault)
{
    struct page *page;
    int count = read_from_swap(pte_swap_slot(fault->old), fault->advice, &page);

    if (count < 0)
        return count == -EIO && !entry_is_old(fault) ? -EAGAIN : count;
    __atomic_fetch_add(&fault->mm->events[VM_STAT_PGIN], (uint64_t)count, __ATOMIC_RELAXED);
    fault_keep(fault, page);
    return 0;
}

/* Holds nothing. The page of fault->object is read; or, for a store, made dirty. */
static int wait_for_object(struct vm_fault *fault, bool writable)
{
    struct vm_object *object = fault->object;
    struct page *page = NULL;
    int error = writable ? object->ops->make_writable(object, fault->index)
                         : object_read_page(object, fault->index, fault->advice, &page);

    object->ops->put(object);
    if (!error && page)
        fault_keep(fault, page);
    return error;
}

/*
 * Waits for want. -EDQUOT: memory that is not reserved cannot be had; a space that maps such memory
 * has rules.
 */
static enum fault_result wait_for(struct vm_fault *fault, enum fault_result want)
{
    int error = 0;

    race_window();
    switch (want) {
    case FAULT_WANT_FRAME:
        error = -ENOMEM;
        break;
    case FAULT_WANT_RULES:
        error = -EDQUOT;
        break;
    case FAULT_WANT_PAGE:
    case FAULT_WANT_WRITABLE:
        error = wait_for_object(fault, want == FAULT_WANT_WRITABLE);
        break;
    case FAULT_WANT_SWAP:
        error = wait_for_swap(fault);
        break;
    case FAULT_WANT_LOCK:
        page_wait_writeback(fault->page);
        page_lock(fault->page);
        page_unlock(fault->page);
        break;
    case FAULT_WANT_STACK:
        if (stack_grow(fault->mm, fault->va))
            return FAULT_NO_MEMORY;
        mm_count(fault->mm, VM_STAT_FAULT_STACK);
        break;
    default:
        return want;
    }
    if (error == -ENOMEM)
        return frame_wait() ? FAULT_NO_MEMORY : FAULT_RETRY;
    if (error == -EDQUOT)
        return fault->mm->rules->wait(fault);
    if (error && error != -EAGAIN)
        return error == -ENOSPC ? FAULT_NO_SPACE : FAULT_IO_ERROR;
    return FAULT_RETRY;
}

/* An interrupted thread goes no further: it might be the one that is waited for. */
enum fault_result fault_wait(struct vm_fault *fault, enum fault_result want)
{
    enum fault_result result = wait_for(fault, want);

    return thread_is_interrupted() ? FAULT_INTERRUPTED : result;
}
