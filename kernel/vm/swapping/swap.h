/*
 * Slots of the swap disk, and the swap cache. Chapter "Swapping System".
 *
 * A slot is one page of the swap disk; a swp_entry_t is its number. Two things can have a slot:
 *
 *   - entries: page-table entries of kind PTE_SWAP, and places in the page tree of shared memory,
 *     that hold the number. Each is one use of the slot. Its address has the slot's content.
 *   - one page in memory, with the same content, or with newer content that will be written to the
 *     slot: page->slot is the number + 1. All such pages are the swap cache. In it, sharers find
 *     the page that one of them brought back. A page that was not changed since it came back is
 *     dropped again without a write.
 *
 * So a slot is in one of four states:
 *
 *                        no page                               a page
 *
 *                                    swap_slot_alloc
 *      no uses            FREE    --------------------->        IDLE
 *                                 <---------------------
 *                          ^         swap_cache_remove         |    ^
 *                          |                                   |    |
 *            swap_slot_put |                     swap_slot_get |    | swap_slot_put
 *          of the last use |                                   |    | of the last use
 *                          |                                   v    |
 *                                    swap_cache_remove
 *      uses               OUT     <---------------------       CACHED
 *                                 --------------------->
 *                                    swap_cache_add
 *
 * A page on its way out gets a slot (IDLE); its entries become uses of the slot (CACHED); it is
 * written, and dropped (OUT). On its way back it is read (CACHED) and mapped. An entry that only
 * allows reading ends its use, and the page keeps the slot (IDLE after the last use). A store will
 * change the content: page and slot part, and the use ends with that (FREE, in one step). An IDLE
 * slot only saves a write: where no slot is free, swap_slot_alloc() takes one from its page.
 *
 * A slot is retired when the disk fails for it. Its uses and its page stay. When it has none of
 * them it is not free but lost: it is never taken again.
 *
 * Charges. A page of unreserved memory carries its own charge (PAGE_CHARGED). With a slot, the slot
 * carries it instead (SLOT_CHARGED), because entries may outlive the page. When page and slot part
 * and there are no uses left, the page carries it again. A charge ends with the slot or the page
 * that carries it.
 *
 * Numbers. A slot stays what it is while an entry or a page has it. So a number is good under the
 * lock of the page table (or object) in which an entry with it was seen, and under the lock of the
 * page that has the slot. Otherwise it is only remembered: the slot may be free by now, have other
 * content, or be gone with its disk. swap_find_page() and read_from_swap() take such a number; they
 * may return a page that is another's. Their caller looks again, under the page's lock and the
 * table's: has the page still the slot, and the entry, too?
 *
 * Kept pages. The cache itself has a reference to a page (PAGE_KEPT) that was read ahead, until it
 * is mapped; and to one that could not be written, which stays PAGE_DIRTY.
 *
 * What always holds: an entry that allows stores points to a page without a slot. A page is
 * PAGE_DIRTY until its slot has its content, and has a reference until then. page->slot changes
 * under the page's lock, or when the page's last reference is gone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dev/block.h"
#include "dev/read_ahead.h"
#include "lib/bitset.h"
#include "mem/page.h"
#include "mmu/pte.h"
#include "sync/spinlock.h"

/* Of swap_info.uses. */
#define USES_MASK 0x3fffu    /* how many uses the slot has */
#define SLOT_CHARGED 0x4000u /* it carries the charge of a page of unreserved memory */
#define SLOT_RETIRED 0x8000u /* the disk failed there: it is not taken again */

/* guards: s = swap.lock; c = constant while swap is on; k = what keeps the slot (see "Numbers") */
struct swap_info {
    struct spinlock lock;        /* RANK_SWAP */
    struct block_device *device; /* c: NULL: swap is off */
    uint32_t slots;              /* c: of the disk: numbers are less */
    bool is_closed;              /* s: the disk is being taken or given up: no slot is taken */
    uint32_t used;               /* s: slots that are neither free nor lost */
    uint32_t with_page;          /* s: slots that are idle or cached */
    uint32_t retired;            /* s: slots that the disk fails for */
    uint32_t next;               /* s: where the search for a free slot goes on */
    struct read_ahead ahead;     /* s: what is read along with a slot */
    uint16_t *uses;              /* s: by slot: uses, and flags */
    uint32_t *cached;            /* s: by slot: frame number of the page that has it, or 0 */
    uint32_t *stamp;             /* k: by slot: what the replacement policy remembers */
    struct bitset free;          /* s: slots that are free */
    struct bitset idle;          /* s: became idle with the end of their last use; some no more */
};

extern struct swap_info swap;

bool swap_is_on(void); /* else no slot can be had now */

static inline swp_entry_t page_swap_slot(const struct page *page) /* of a page that has one */
{
    return (swp_entry_t){page->slot - 1};
}

/*
 * Gives page, which has no slot, the next free one after the one that was taken last: so pages that
 * go out together lie together. Where none is free, an IDLE slot is taken from its page.
 * The slot has no uses yet. It gets the stamp, and carries the page's charge from now on.
 * The page is PAGE_DIRTY then.
 * Time: O(1) amortised, however full the disk is.
 * Locks: the page's. The lock of the IDLE slot's page is only tried. Never sleeps.
 * Returns: 0; -ENOSPC: no slot is free, or swap is off or closed, and no IDLE slot can be had: the
 *          page that was found is locked, or is being written.
 */
int swap_slot_alloc(struct page *page, uint32_t stamp);

/*
 * Of the five functions that follow: slot has uses, or a page.
 * Locks: what keeps the slot (see "Numbers").
 */
void swap_slot_get(swp_entry_t slot); /* one use more */
/* One use less; without uses and page the slot is free. Panics if it has no use. */
void swap_slot_put(swp_entry_t slot);
uint32_t swap_slot_uses(swp_entry_t slot);
uint32_t swap_slot_stamp(swp_entry_t slot);
void swap_slot_set_stamp(swp_entry_t slot, uint32_t stamp);

/*
 * Retires the slot; once more does nothing.
 * Lowers the limit of what may be charged by one page, and says so on the console, but not for
 * every slot where there are many.
 * how: "read" or "written", which is what failed.
 * Locks: the page's that has the slot, or its PAGE_WRITEBACK.
 */
void swap_slot_retire(swp_entry_t slot, const char *how);

/*
 * slot: any number (see "Numbers").
 * Returns: the page that has the slot, with a reference; NULL: there is none.
 */
struct page *swap_find_page(swp_entry_t slot);

/*
 * Makes page, which has no slot, the one that has this slot. It can be found at once, so its lock
 * is held until its content is there.
 * slot: any number.
 * Locks: the page's.
 * Returns: 0; -EAGAIN: the slot has a page already, or no uses, or does not exist.
 */
int swap_cache_add(swp_entry_t slot, struct page *page);

/* A guess, without locks: would swap_cache_add() succeed, and is the slot not retired? */
bool swap_slot_wants_page(uint32_t slot);

/*
 * Page and slot part: the content of the page is about to change, or the page is being freed.
 * uses: so many uses of the slot end in the same step.
 * The page is not PAGE_DIRTY any more. If it was PAGE_KEPT, that ends, and that reference is put.
 * Without uses the slot is free then (or lost); its charge goes back to the page, or ends with it.
 * Locks: the page's; or its last reference is gone. Never sleeps.
 */
void swap_cache_remove(struct page *page, uint16_t uses);

/*
 * The page is about to be mapped. If it was read ahead it is not PAGE_KEPT any more.
 * Locks: the page's.
 */
void swap_cache_claim(struct page *page);

/*
 * Removes a page that is PAGE_KEPT and not mapped from the cache, unless it is the only copy.
 * Locks: the page's.
 * Returns: true: it was removed; it is free when the caller's reference goes.
 */
bool swap_drop_kept(struct page *page);

/* The same for all pages. Sleeps; holds nothing. */
void swap_drop_all_kept(void);

/*
 * Calls use for each page that has a slot and is not being written.
 * use: is called with the page's lock; may remove the page from the cache.
 * Sleeps; holds nothing.
 */
void swap_for_each_page(void (*use)(struct page *page));
