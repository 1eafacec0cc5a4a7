/* Between the map of slots (swap.c) and its transfers (swap_io.c). Nobody else needs this. */
#ifndef VM_SWAP_IO_H
#define VM_SWAP_IO_H

#include "dev/block.h"
#include "dev/read_ahead.h"
#include "sync/spinlock.h"
#include "vm/swapping/swap.h"

#define SECTORS_PER_SLOT (PAGE_SIZE / SECTOR_SIZE)

/* Of swap_info.uses. */
#define USES_MASK 0x3fffu
#define SLOT_CHARGED 0x4000u /* carries the promise of a page of unreserved memory */
#define SLOT_RETIRED 0x8000u /* the disk failed there: it is not used again */

struct swap_info {
    struct spinlock lock;        /* RANK_SWAP */
    struct block_device *device; /* c: NULL: swap is off */
    uint32_t slots;              /* c */
    uint32_t used;               /* s: slots that somebody uses, or a page in memory has */
    bool is_closed;              /* s: it is being made, or given up: no slot is taken */
    uint32_t retired;            /* s: slots that the disk fails for */
    uint32_t lost;               /* s: of them, those that nobody uses any more */
    uint32_t with_page;          /* s: slots with their content in memory, too */
    uint32_t idle;               /* s: slots that only a page in memory has */
    uint32_t next;               /* s: where to look for a free one */
    struct read_ahead ahead;     /* s: what is read along with a slot */
    uint16_t *uses;              /* s: by slot: uses, and flags */
    uint32_t *cached;            /* s: by slot: frame number of the page with its content, or 0 */
    uint32_t *stamp;             /* a: by slot: what the replacement policy remembers */
};

extern struct swap_info swap;

void swap_io_init(void);
/*
 * Locks: the page's. Makes page the one with the slot's content. 0, or -EAGAIN: it has one, or
 * nobody uses it.
 */
int swap_add_page(swp_entry_t slot, struct page *page);
bool swap_slot_wants_page(uint32_t slot); /* is it used, and its content not in memory? A guess. */
/* The disk failed there, when the page was to be "read" or "written". */
void swap_slot_retire(swp_entry_t slot, const char *how);
/* Calls use, with the page's lock, for each page that has a slot, once it is written. Sleeps. */
void swap_for_each_page(void (*use)(struct page *page));

#endif
