/*
 * The swap disk: taken into use, and given up. See vm/extra/swap_device.h.
 *
 * The map of slots is made when the disk is taken into use, so that no memory is needed when a page
 * goes out. It stays, so that none is needed when the disk comes back. To give the disk up is to
 * bring back every page that is out. The limit of what may be charged is lowered first: so there is
 * room for what comes back. Spaces are walked until no entry names a slot; pages in memory lose
 * their slots.
 */
#include "vm/extra/swap_device.h"

#include "abi/errno.h"
#include "dev/block.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "sync/printf.h"
#include "thread/thread.h"
#include "vm/extra/shared_memory.h"
#include "vm/faults/fault.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"
#include "vm/swapping/swap.h"

#define SECTORS_PER_SLOT (PAGE_SIZE / SECTOR_SIZE)
#define SLOTS_MAX BITSET_MAX /* the arrays are as large as the largest block of memory then */

/*
 * Until swap_end_change() no slot is taken, and the device is the caller's to set.
 * Returns: false: another thread is changing it.
 */
static bool swap_begin_change(void)
{
    bool begins;

    spin_lock(&swap.lock);
    begins = !swap.is_closed;
    swap.is_closed = true;
    spin_unlock(&swap.lock);
    return begins;
}

static void swap_end_change(void)
{
    spin_lock(&swap.lock);
    swap.is_closed = false;
    spin_unlock(&swap.lock);
}

/* Swap is off. Locks: swap_begin_change(). */
static void maps_free(void)
{
    free_block(swap.uses);
    free_block(swap.cached);
    free_block(swap.stamp);
    free_block(swap.free.bits);
    free_block(swap.idle.bits);
    swap.cached = swap.stamp = NULL;
    swap.uses = NULL;
    swap.free.bits = swap.idle.bits = NULL;
}

/*
 * The arrays, and sets, for a disk with so many slots, all free. Nothing looks into them before
 * swap.slots is set. Those of a disk that was given up are used again where they are large enough:
 * such blocks of memory may not be had when the disk comes back. All of cached[] is 0 then.
 * Locks: swap_begin_change().
 */
static int maps_make(uint64_t slots)
{
    if (!swap.cached || PAGE_SIZE << va_page(swap.cached)->order < slots * sizeof(*swap.cached)) {
        maps_free();
        swap.uses = alloc_block(slots * sizeof(*swap.uses));
        swap.cached = alloc_block(slots * sizeof(*swap.cached));
        swap.stamp = alloc_block(slots * sizeof(*swap.stamp));
        swap.free.bits = alloc_block(BITMAP_WORDS(slots) * sizeof(uint64_t));
        swap.idle.bits = alloc_block(BITMAP_WORDS(slots) * sizeof(uint64_t));
    }
    if (!swap.uses || !swap.cached || !swap.stamp || !swap.free.bits || !swap.idle.bits) {
        maps_free();
        return -ENOMEM;
    }
    memset(swap.uses, 0, slots * sizeof(*swap.uses)); /* some were retired */
    memset(swap.free.bits, 0, BITMAP_WORDS(slots) * sizeof(uint64_t));
    memset(swap.idle.bits, 0, BITMAP_WORDS(slots) * sizeof(uint64_t));
    memset(swap.idle.summary, 0, sizeof(swap.idle.summary));
    swap.free.size = swap.idle.size = (uint32_t)slots;
    for (uint32_t slot = 0; slot < slots; slot++)
        bitset_add(&swap.free, slot);
    spin_lock(&swap.lock);
    swap.next = swap.used = swap.with_page = swap.retired = 0;
    memset(&swap.ahead, 0, sizeof(swap.ahead));
    swap.slots = (uint32_t)slots;
    spin_unlock(&swap.lock);
    return 0;
}

int swap_on(const char *serial)
{
    struct block_device *device = block_find(serial);
    uint64_t slots;
    int error;

    if (!device || strcmp(serial, "fs") == 0)
        return -ENODEV;
    slots = device->sectors / SECTORS_PER_SLOT;
    if (slots > SLOTS_MAX)
        slots = SLOTS_MAX;
    if (slots == 0)
        return -ENOSPC;
    if (device->is_read_only)
        return -EROFS;
    if (swap.device || !swap_begin_change())
        return -EBUSY;
    error = swap.device ? -EBUSY : maps_make(slots);
    if (!error) {
        swap.device = device;
        commit_limit_change((int64_t)slots);
    }
    swap_end_change();
    return error;
}

/* The first address from *va on with an entry that is a slot. A table at a time: there are many. */
static bool next_swapped(struct mm_struct *mm, uint64_t *va)
{
    uint64_t end = mm_user_end();
    bool found = false, more = true;

    while (!found && more && !thread_is_interrupted()) {
        uint64_t stop;
        pte_t *ptep;

        spin_lock(&mm->page_table.lock);
        more = pte_next(&mm->page_table, va, end) != NULL;
        stop = more ? leaf_table_end(*va, end) : *va;
        for_each_pte (&mm->page_table, *va, stop, ptep)
            if ((found = pte_kind(pte_load(ptep)) == PTE_SWAP))
                break;
        spin_unlock(&mm->page_table.lock);
    }
    return found;
}

static int private_pages_back(struct mm_struct *mm)
{
    int error = 0;

    for (uint64_t va = 0; !error && next_swapped(mm, &va); va += PAGE_SIZE)
        if (handle_page_fault(mm, va, FAULT_FLAG_BRING_BACK, 0, NULL) != FAULT_OK)
            error = -EIO;
    return error;
}

/* The next area from *at on that maps shared memory: its object, with a use of it; or NULL. */
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

    while (!error && (object = next_memory(mm, &at))) {
        error = shared_memory_bring_back(object);
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
        if (!error && __atomic_load_n(&mm->is_ready, __ATOMIC_ACQUIRE))
            error = private_pages_back(mm);
        if (!error && __atomic_load_n(&mm->is_ready, __ATOMIC_ACQUIRE))
            error = shared_pages_back(mm);
        if (error) {
            mm_put(mm);
            break;
        }
    }
    swap_for_each_page(forget_slot); /* pages that have a slot along with their frame do without */
    return error;
}

int swap_off(const char *serial)
{
    int64_t slots;
    int error = -EINVAL;

    if (!swap_begin_change()) /* nothing more goes out */
        return -EBUSY;
    slots = (int64_t)swap.slots - swap.retired;
    if (swap.device && strcmp(swap.device->serial, serial) == 0)
        error = commit_limit_lower(slots);
    if (!error) {
        do
            error = everything_back();
        while (!error && swap.used > 0 && (thread_yield(), true));
        spin_lock(&swap.lock);
        assert(error || swap.used == 0);
        if (!error) {
            swap.device = NULL;
            swap.slots = 0; /* a number that is only remembered is out of range from now on */
        }
        spin_unlock(&swap.lock);
        if (error)
            commit_limit_change(slots);
    }
    swap_end_change();
    return error;
}
