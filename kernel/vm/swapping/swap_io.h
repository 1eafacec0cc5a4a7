/*
 * Transfers between pages and their slots. Chapter "Swapping System". See vm/swapping/swap.h for
 * what slots are.
 */
#pragma once

#include "dev/read_ahead.h"
#include "vm/swapping/swap.h"

#define PAGE_OUT_MAX 32u /* pages that are written at a time */

/*
 * Called for each page that becomes PAGE_KEPT, so that it can be found when memory is short. Set by
 * vm/replacement.
 * Locks: the page's, or its PAGE_WRITEBACK.
 */
extern void (*swap_keep_hook)(struct page *page);

/*
 * Brings the page of a slot into memory. Pages of slots beside it come along, as many as advice and
 * the window of reading ahead say; those are PAGE_KEPT.
 * slot: any number (see swap.h, "Numbers").
 * *out: the page, with a reference, not locked; or unchanged.
 * Sleeps; holds nothing.
 * Returns: how many pages were read.
 *          -EAGAIN: the slot has no uses, has a page already, or does not exist: look again.
 *          -ENOMEM: there is no frame.
 *          -EIO: the disk failed, and the slot is retired. It may be another's by now.
 */
int read_from_swap(swp_entry_t slot, enum read_advice advice, struct page **out);

/*
 * Writes pages to their slots. Then they are neither PAGE_DIRTY nor PAGE_WRITEBACK. Where the disk
 * fails for one, its slot is retired, and the page stays PAGE_DIRTY and becomes PAGE_KEPT.
 * page: count pages, 1 to PAGE_OUT_MAX, each PAGE_WRITEBACK, with a slot and a reference, which is
 *       put. The array is used up.
 * Sleeps.
 */
void write_to_swap(struct page *page[], uint32_t count);
bool swap_is_writing(void); /* are pages on their way out now? */

/* Pages for write_to_swap(), gathered. Begins with count 0; ends with swap_batch_write(). */
struct swap_batch {
    uint32_t count;
    struct page *page[PAGE_OUT_MAX];
};

void swap_batch_write(struct swap_batch *batch); /* Sleeps. */
static inline void swap_batch_add(struct swap_batch *batch, struct page *page) /* May sleep. */
{
    batch->page[batch->count++] = page;
    if (batch->count == PAGE_OUT_MAX)
        swap_batch_write(batch);
}
