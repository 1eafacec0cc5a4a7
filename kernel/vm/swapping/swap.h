/*
 * Swap: slots on a disk that hold pages of memory. Chapter "Swapping System".
 *
 * A slot is used by page-table entries and by objects, each of which counts; and by a page in
 * memory with the same content (page->slot): that is the swap cache, by which sharers find the page
 * that one of them brought back, and by which a page that was not written since is dropped without
 * being written again. A slot that nobody uses is free.
 *
 * The map of slots is there while a slot is in use. So a number may be looked up as long as that
 * cannot end: under the page table's (or the object's) lock under which the entry with it was seen,
 * or under the lock of the page that has the slot. Without these a number is only remembered: the
 * slot may be free by now, have other content, or be gone with its disk. swap_find_page and
 * read_from_swap take such a number, and give a page that may be another's; so its user looks
 * again, under the page's lock and the table's: has the page the slot, and the entry, too?
 *
 * What always holds: an entry that allows stores shows a page without a slot. A page with a slot is
 * PAGE_DIRTY until the slot has its content, and is kept by somebody until then. page->slot changes
 * under the page's lock, or when its last reference is gone.
 */
#ifndef VM_SWAP_H
#define VM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "dev/read_ahead.h"
#include "mmu/pte.h"


static inline swp_entry_t page_swap_slot(const struct page *page) /* of a page that has one */
{
    return (swp_entry_t){page->slot - 1};
}

void swap_init(void);
bool swap_is_on(void);
uint32_t swap_slots(void);
uint32_t swap_slots_used(void);
uint32_t swap_slots_with_page(void); /* of those, slots with their content in memory, too */

/*
 * Gives the page a slot, and the slot the stamp; the page is PAGE_DIRTY then. -ENOSPC: all slots
 * are in use. Locks: the page's.
 */
int swap_slot_alloc(struct page *page, uint32_t stamp);
void swap_slot_get(swp_entry_t slot);     /* one more use, of a slot that is used */
void swap_slot_put(swp_entry_t slot);     /* one less; the last frees it unless a page has it */
/* Locks: of these and the two above, what keeps the slot in use (see the top). */
uint32_t swap_slot_uses(swp_entry_t slot);
uint32_t swap_slot_stamp(swp_entry_t slot);
void swap_slot_set_stamp(swp_entry_t slot, uint32_t stamp);
/* The page and its slot part, for its content is to change; so many uses of the slot go along.
 * Locks: the page's. */
void swap_cache_remove(struct page *page, uint16_t uses);

/* The page in memory that has the slot's content, with a reference; or NULL. Slot: any number. */
struct page *swap_find_page(swp_entry_t slot);

/*
 * Brings the slot's page into memory, and neighbours along with it as advised. How many were
 * read, and *out, with a reference; -EAGAIN: nobody uses the slot any more, or there is none of
 * that number; -ENOMEM; -EIO, which may be about another's content, too. Sleeps; holds nothing.
 */
int read_from_swap(swp_entry_t slot, enum read_advice advice, struct page **out);

/*
 * Writes count pages (at most PAGE_OUT_MAX), each with a slot, PAGE_WRITEBACK and a reference,
 * which it drops; page[] is used up. Where a write fails the page stays in memory, and its slot is
 * retired. Sleeps.
 */
#define PAGE_OUT_MAX 32u
void write_to_swap(struct page *page[], uint32_t count);

/* Such pages, gathered. Begins with count 0; ends with swap_batch_write. */
struct swap_batch {
    uint32_t count;
    struct page *page[PAGE_OUT_MAX];
};
void swap_batch_write(struct swap_batch *batch); /* Sleeps. */
static inline void swap_batch_add(struct swap_batch *batch, struct page *page) /* may Sleep */
{
    batch->page[batch->count++] = page;
    if (batch->count == PAGE_OUT_MAX)
        swap_batch_write(batch);
}
bool swap_is_writing(void); /* are pages on their way out now? */
/* Drops what was read ahead and never asked for. Locks: the page's. True: nothing keeps it. */
bool swap_drop_kept(struct page *page);
void swap_drop_all_kept(void); /* Sleeps; holds nothing. */
/* Somebody maps the page: the cache need not keep it any more. Locks: the page's. */
void swap_cache_claim(struct page *page);

#endif
