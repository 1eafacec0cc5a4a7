/*
 * Giving swap up: every page that is out comes back. Chapter "Swapping System".
 *
 * The promise is lowered first, so what comes back has room. Spaces are walked until none has an
 * entry with a slot; pages that have one go on without.
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "sync/race.h"
#include "thread/thread.h"
#include "vm/faults/fault.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mm.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"
#include "vm/replacement/lru.h"
#include "vm/swapping/swap_io.h"

/* The first address from *va on with an entry that is a slot. */
static bool next_swapped(struct mm_struct *mm, uint64_t *va)
{
    uint64_t end = mm_user_end();
    bool found = false, more = true;

    while (!found && more && !thread_is_interrupted()) {
        pte_t *ptep;

        spin_lock(&mm->page_table.lock); /* a table at a time: there may be many */
        ptep = pte_next(&mm->page_table, va, end);
        more = ptep != NULL;
        for (uint64_t stop = leaf_table_end(*va, end); more && *va < stop && !found;
             *va += found ? 0 : PAGE_SIZE)
            found = pte_kind(pte_load(ptep++)) == PTE_SWAP;
        spin_unlock(&mm->page_table.lock);
    }
    return found;
}

static int private_pages_back(struct mm_struct *mm)
{
    int error = 0;

    for (uint64_t va = 0; !error && next_swapped(mm, &va); va += PAGE_SIZE)
        if (handle_page_fault(mm, va, FAULT_FLAG_BRING_BACK, 0) != FAULT_OK)
            error = -EIO;
    return error;
}

/* The area from *at on that shows shared memory; its object with a use of it, or NULL. */
static struct vm_object *next_memory(struct mm_struct *mm, uint64_t *at)
{
    struct vm_object *object = NULL;
    struct vm_area_struct *vma;

    rwlock_read_acquire(&mm->lock);
    for (vma = find_vma(mm, *at); vma && !object; vma = vma_next(vma)) {
        *at = vma->end;
        if (vma->object && vma->object->is_anonymous) {
            object = vma->object;
            object->ops->get(object);
        }
    }
    rwlock_read_release(&mm->lock);
    return object;
}

static int shared_pages_back(struct mm_struct *mm)
{
    struct vm_object *object;
    uint64_t at = 0;
    int error = 0;

    while (!error && (object = next_memory(mm, &at)) != NULL) {
        error = object_bring_back(object);
        object->ops->put(object);
    }
    return error;
}

static void forget_slot(struct page *page)
{
    if (swap_slot_uses(page_swap_slot(page)) == 0)
        swap_cache_remove(page, 0);
}

/*
 * One walk over everybody. A fork may make more of what was passed, and what it, or exec, still
 * fills has areas that no lock guards: the caller walks again.
 */
static int everything_back(void)
{
    int error = 0;
    struct mm_struct *mm;

    for_each_space(mm) {
        error = thread_is_interrupted() ? -EINTR : 0;
        if (!error && __atomic_load_n(&mm->stack_limit, __ATOMIC_ACQUIRE) != 0)
            error = private_pages_back(mm);
        if (!error && __atomic_load_n(&mm->stack_limit, __ATOMIC_ACQUIRE) != 0)
            error = shared_pages_back(mm);
        if (error) {
            mm_put(mm);
            break;
        }
    }
    swap_for_each_page(forget_slot); /* pages that have a slot along with their frame do without */
    return error;
}

/* Is the disk of that serial in use for swap? Else 0 becomes -EINVAL. */
static int device_check(const char *serial)
{
    struct block_device *device = swap.device;

    return device && strcmp(device->serial, serial) == 0 ? 0 : -EINVAL;
}

int swap_off(const char *serial)
{
    int64_t slots;
    int error = device_check(serial);

    if (error)
        return error;
    race_window();
    if (!swap_close(true)) /* nothing more goes out */
        return -EBUSY;
    error = device_check(serial); /* another swapoff may have been first */
    if (error)
        goto open;
    slots = (int64_t)swap.slots - swap.retired;
    error = commit_limit_lower(slots);
    if (error)
        goto open;
    do
        error = everything_back();
    while (!error && swap_slots_used() > 0 && (thread_yield(), true));
    if (error)
        commit_limit_change(slots);
    else
        swap_give_up();
open:
    swap_close(false);
    return error;
}
