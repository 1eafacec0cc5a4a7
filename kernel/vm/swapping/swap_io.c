/*
 * Transfers between pages and slots: many pages at a time, several transfers at a time. Reading
 * ahead goes to both sides of a slot, because pages may be wanted again in the opposite order. See
 * vm/swapping/swap_io.h.
 *
 * A page that comes in can be found by its slot at once, and is locked until its content is there.
 * A page that goes out is PAGE_WRITEBACK: its content does not change, because no entry allows
 * stores, and its slot is not given to another.
 */
#include "vm/swapping/swap_io.h"

#include "abi/errno.h"
#include "dev/transfer.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "thread/sleeplock.h"

/* One transfer at a time. The holder of the lock uses it. */
struct lane {
    struct sleeplock lock; /* RANK_SWAP_IO */
    struct transfer transfer;
};

void (*swap_keep_hook)(struct page *page);

#define LANE(n) {SLEEPLOCK(lanes[n].lock, "swap lane", RANK_SWAP_IO), TRANSFER(lanes[n].transfer)}
static struct lane lanes[] = {LANE(0), LANE(1), LANE(2), LANE(3)};
#define LANES (sizeof(lanes) / sizeof(lanes[0])) /* transfers at a time */

static uint32_t next_lane; /* atomic: where to wait */
static uint32_t writing;   /* atomic: pages on their way out */

static struct lane *lane_take(void)
{
    uint32_t first = __atomic_fetch_add(&next_lane, 1, __ATOMIC_RELAXED) % LANES;

    for (unsigned i = 0; i < LANES; i++)
        if (sleeplock_try(&lanes[(first + i) % LANES].lock))
            return &lanes[(first + i) % LANES];
    sleeplock_acquire(&lanes[first].lock);
    return &lanes[first];
}

/* Moves pages, each to or from its slot, and waits. 0, or -EIO: at least one of them failed. */
static int move(enum block_operation operation, struct page *const page[], uint32_t count)
{
    struct lane *lane = lane_take();
    int error;

    transfer_begin(&lane->transfer, swap.device, operation);
    for (uint32_t i = 0; i < count; i++)
        transfer_add(&lane->transfer, page_swap_slot(page[i]).number, page_va(page[i]));
    error = transfer_end(&lane->transfer);
    sleeplock_release(&lane->lock);
    if (!error)
        update_vm_stats(operation == BLOCK_READ ? VM_STAT_PGIN : VM_STAT_PGOUT, count);
    return error;
}

/* The write of a page is over. Where it failed, the page stays in memory. Locks: PAGE_WRITEBACK. */
static void page_written(struct page *page, int error)
{
    if (error) {
        swap_slot_retire(page_swap_slot(page), "written");
        if (!page_set(page, PAGE_KEPT))
            page_get(page);
        swap_keep_hook(page);
    } else {
        trace(TRACE_SWAP_OUT, page->index << PAGE_SHIFT, page_pfn(page).number, page->slot - 1);
        page_clear_flag(page, PAGE_DIRTY);
    }
    lockorder_release(RANK_SWAP_WRITE, page);
    page_end_writeback(page);
}

void write_to_swap(struct page *page[], uint32_t count)
{
    uint32_t gone = 0; /* so many, from the first on, are free */
    int error;

    __atomic_fetch_add(&writing, count, __ATOMIC_RELAXED);
    error = move(BLOCK_WRITE, page, count);
    for (uint32_t i = 0; i < count; i++) {
        page_written(page[i], error ? move(BLOCK_WRITE, &page[i], 1) : 0); /* which was it? */
        if (page_drop(page[i], PAGE_REF))
            page[gone++] = page[i];
    }
    if (gone > 0)
        frames_free(page, gone);
    __atomic_fetch_sub(&writing, count, __ATOMIC_RELAXED);
}

void swap_batch_write(struct swap_batch *batch)
{
    if (batch->count > 0)
        write_to_swap(batch->page, batch->count);
    batch->count = 0;
}

bool swap_is_writing(void)
{
    return __atomic_load_n(&writing, __ATOMIC_RELAXED) != 0;
}

/* A new page, locked, that is going to have the slot's content. 0, -EAGAIN or -ENOMEM. */
static int page_for_slot(uint32_t slot, unsigned frame_flags, struct page **out)
{
    struct page *page = frame_alloc(FRAME_ANON, frame_flags);
    int error;

    if (!page)
        return -ENOMEM;
    page_trylock(page); /* which succeeds: nothing else refers to it */
    race_window();
    error = swap_cache_add((swp_entry_t){slot}, page);
    if (error)
        page_unlock_put(page);
    *out = page;
    return error;
}

/* All but the one that is wanted are kept by the cache until they are mapped. */
static void pages_arrived(struct page *const page[], uint32_t count, const struct page *wanted)
{
    for (uint32_t i = 0; i < count; i++) {
        trace(TRACE_SWAP_IN, 0, page_pfn(page[i]).number, page_swap_slot(page[i]).number);
        if (page[i] != wanted) {
            page_set(page[i], PAGE_KEPT);
            swap_keep_hook(page[i]);
        }
        page_unlock(page[i]);
    }
}

/* What could not be read must not be found: it leaves the cache before it is unlocked. */
static void page_discard(struct page *page)
{
    swap_cache_remove(page, 0);
    page_unlock_put(page);
}

/* A page for a slot beside one that is read, if its content is wanted at all. */
static bool page_for_neighbour(uint32_t slot, struct page **out)
{
    return swap_slot_wants_page(slot) && page_for_slot(slot, FRAME_NOWAIT, out) == 0;
}

int read_from_swap(swp_entry_t slot, enum read_advice advice, struct page **out)
{
    struct page *around[2 * READ_AHEAD_MAX - 1], **wanted = &around[READ_AHEAD_MAX - 1];
    uint32_t size = read_ahead_size(&swap.ahead, advice), before = 0, after = 0;
    int error = page_for_slot(slot.number, 0, wanted);

    if (error)
        return error;
    while (after + 1 < size && page_for_neighbour(slot.number + after + 1, wanted + after + 1))
        after++;
    while (before + 1 + after < size &&
           page_for_neighbour(slot.number - before - 1, wanted - before - 1))
        before++;
    if (advice != READ_RANDOM) {
        spin_lock(&swap.lock);
        read_ahead_note(&swap.ahead, slot.number - before, slot.number + after + 1);
        spin_unlock(&swap.lock);
    }
    error = move(BLOCK_READ, wanted - before, before + 1 + after);
    if (error && before + after > 0) { /* it may have been one of the others */
        for (; before > 0; before--)
            page_discard(*(wanted - before));
        for (; after > 0; after--)
            page_discard(*(wanted + after));
        error = move(BLOCK_READ, wanted, 1);
    }
    if (error) {
        swap_slot_retire(slot, "read");
        page_discard(*wanted);
        return error;
    }
    pages_arrived(wanted - before, before + 1 + after, *wanted);
    *out = *wanted;
    return (int)(before + 1 + after);
}
