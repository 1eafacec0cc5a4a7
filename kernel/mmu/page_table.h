/*
 * Page tables of 3, 4 or 5 levels. Chapter "Page Table Management"; privileged specification,
 * "Virtual Address Translation Process". mmu/pte.h shows the fields of an address and the bits of
 * an entry. Only page_table.levels depends on the mode: all walks are loops over the levels.
 *
 *     satp --> root (level 2)        table (level 1)        leaf table (level 0)
 *              0 [           ]   +-> [           ]      +-> [           ]
 *                [ index 2  ----]+   [           ]      |   [ index 0  ----]--> frame
 *                [           ]       [ index 1  ----]---+   [           ]
 *              256 [ kernel ]                               one of 512, for 4 KiB each
 *              511 [ kernel ]        page->index of its frame: which 2 MiB it covers
 *
 * The walk: entries = the root. For each level from the top down to 1, take the entry at
 * pte_index(va, level). If it leads to a table, go on in that table. If it is empty, there is no
 * leaf entry for va yet: pte_find returns NULL, walk_page_table adds a table. At level 0 the entry
 * at pte_index(va, 0) is the leaf entry. User leaves are at level 0 only.
 *
 * The upper half of a root is the kernel's. page_table_init copies it from the kernel's root, where
 * all entries that are ever used exist from boot; so it never has to be updated.
 *
 * Supply. Under a page table's lock no frame can be waited for. So the caller of walk_page_table
 * fills a table_supply before it takes the lock: levels - 1 zeroed frames, the most that one walk
 * can need. The walk takes frames from the end (supply->frame[--supply->count]). For each it calls
 * table_frame_add(), which makes the frame the table's, and only then links it, with an entry that
 * holds its frame number and V alone. Where the supply runs out the walk returns NULL, and the path
 * so far stays: an empty table is legal. The caller releases the lock, fills up, tries again, and
 * at the end drops what is left over.
 *
 * Hint. table->last_leaf is the leaf table that was found last, which answers most lookups in two
 * loads. pte_find_from_root sets leaf->index, then publishes the hint (release). Unlinking that
 * table clears it. walk_page_table and pte_next do not set it.
 *
 * Life. A table stays linked until no area needs it (page_table_prune), or memory is short and all
 * its entries are empty (page_table_drop_empty; one with a swap slot is not), or the space ends
 * (page_table_destroy). Between unlinking tables and putting their frames the whole space is
 * fenced: hardware may be walking them.
 *
 * guards: t = lock (RANK_PAGE_TABLE); a = atomic; c = constant
 */
#pragma once

#include <stdint.h>

#include "mem/page.h"
#include "mmu/pte.h"
#include "mmu/tlb_check.h"
#include "sync/spinlock.h"

#define PTES_PER_TABLE 512u
#define MAX_LEVELS 5

struct page_table {
    struct spinlock lock;
    pte_t *root;          /* c: in the direct map */
    uint32_t levels;      /* c: 3, 4 or 5 */
    struct page *last_leaf;  /* a: the leaf table that was found last, or NULL: a hint */
    struct list_head frames; /* t: frames of all its tables, also the root, by page->lru.link */
    uint64_t table_frames;   /* t: how many these are */
    uint64_t context;     /* a: ASID and its generation; mmu/asid.c */
    uint32_t running_on;  /* a: harts (bits) with this table in satp */
    uint32_t cached_on;   /* a: harts that may cache translations of it */
    uint32_t stale_on;    /* a: harts that must flush when they enter it next */
    uint32_t unfenced;    /* a: batches of changes that are not fenced yet (mmu/tlb.h) */
#ifdef SAN
    struct tlb_checked checked;
#endif
};

/* Frames for tables, brought by the caller. */
struct table_supply {
    struct page *frame[MAX_LEVELS];
    uint32_t count;
};

extern uint32_t paging_levels;         /* constant after boot */
extern struct page_table kernel_page_table;

#define PTE_INDEX_BITS 9u

static inline uint32_t pte_shift(uint32_t level) /* level 0 = leaf */
{
    return PAGE_SHIFT + PTE_INDEX_BITS * level;
}

static inline uint32_t pte_index(uint64_t va, uint32_t level)
{
    return (va >> pte_shift(level)) % PTES_PER_TABLE;
}

/* One past the user half: 2^38, 2^47 or 2^56. */
static inline uint64_t user_half_end(uint32_t levels)
{
    return 1ul << (PAGE_SHIFT + 9 * levels - 1);
}

/* Makes a root with no user entries and the kernel's upper half. Returns: 0 or -ENOMEM. */
int page_table_init(struct page_table *table, uint32_t levels);
/* Returns: a zeroed frame of class FRAME_PAGE_TABLE, or NULL. */
struct page *allocate_page_table(unsigned frame_flags);
/* Frees all tables. User leaf entries must be empty, and no hart may have the table active. */
void page_table_destroy(struct page_table *table);

/*
 * Fills supply up to levels - 1 frames: what one walk may need. frame_flags: see frame_alloc.
 * Returns: 0, or -ENOMEM: supply has fewer, and keeps those.
 */
int table_supply_fill(struct table_supply *supply, uint32_t levels, unsigned frame_flags);
void table_supply_drop(struct table_supply *supply); /* frees the frames that are left */

#define LEAF_TABLE_SPAN (PAGE_SIZE * PTES_PER_TABLE)

/*
 * Returns: the leaf entry for va, if it lies in the leaf table that was found last; else NULL.
 * Locks: as pte_find. A table is unlinked under table->lock, while nothing holds the mm lock; so no
 * user of the hint can meet a table that is gone.
 */
static inline pte_t *pte_find_by_hint(struct page_table *table, uint64_t va)
{
    struct page *leaf = __atomic_load_n(&table->last_leaf, __ATOMIC_ACQUIRE);

    if (__builtin_expect(leaf && leaf->index == va / LEAF_TABLE_SPAN, 1))
        return (pte_t *)page_va(leaf) + pte_index(va, 0);
    return NULL;
}

/*
 * The same by a walk from the root, which leaves the hint: leaf->index = va / LEAF_TABLE_SPAN, then
 * table->last_leaf = leaf (release). Where no leaf table reaches va it returns NULL and leaves the
 * hint as it is. Locks: as pte_find.
 */
pte_t *pte_find_from_root(struct page_table *table, uint64_t va);

/*
 * Returns: the leaf entry for va, which may be empty; or NULL: no leaf table reaches va.
 * Locks: table->lock, or the mm lock: no table is unlinked meanwhile. Never sleeps.
 */
static inline pte_t *pte_find(struct page_table *table, uint64_t va)
{
    pte_t *ptep = pte_find_by_hint(table, va);

    return ptep ? ptep : pte_find_from_root(table, va);
}

/*
 * For loops over entries: the first address in [*va, end) that a leaf table reaches.
 * Returns: its leaf entry, which may be empty, with the address in *va; or NULL: there is none.
 * The entries for the addresses up to leaf_table_end(*va, end) follow it in memory. Where a table
 * is missing at some level, the search goes on at the first address beyond that entry's span.
 * The hint may answer for *va itself; an address that was skipped to is walked for from the root.
 * *va and end are multiples of PAGE_SIZE; *va >= end is legal. Locks: as pte_find.
 */
pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end);
/* Returns: the end of va's leaf table, or end if that comes first. */
static inline uint64_t leaf_table_end(uint64_t va, uint64_t end)
{
    uint64_t next = (va | (LEAF_TABLE_SPAN - 1)) + 1;

    return next < end ? next : end;
}

/*
 * For each leaf entry that a table has for [va, end): ptep is the entry, va its address. Both are
 * variables of the caller's; va is where it stands if the loop is left. end is worked out again for
 * each entry: it must not depend on va. Locks: as pte_find.
 */
#define for_each_pte(table, va, end, ptep)                   \
    for ((ptep) = pte_next(table, &(va), end); (ptep) != NULL; \
         (va) += PAGE_SIZE, (ptep) = pte_after(table, &(va), end, ptep))
static inline pte_t *pte_after(struct page_table *table, uint64_t *va, uint64_t end, pte_t *ptep)
{
    return *va < end && *va % LEAF_TABLE_SPAN != 0 ? ptep + 1 : pte_next(table, va, end);
}

/*
 * How many tables more the union of all areas needs, at worst, because of [start, end). The area
 * before ends at floor (0: none), the one behind begins at ceiling (UINT64_MAX: none), and
 * floor <= start < end <= ceiling.
 * Counted are, at each level below the root, the tables that [start, end) touches, but not those
 * that the page below floor, or the page at ceiling, lies in: these exist for the neighbours' sake.
 * tables_needed() answers the usual case, one leaf table that a neighbour shares, by itself.
 */
uint64_t tables_needed_beside(uint32_t levels, uint64_t start, uint64_t end, uint64_t floor,
                              uint64_t ceiling);
static inline uint64_t tables_needed(uint32_t levels, uint64_t start, uint64_t end, uint64_t floor,
                                     uint64_t ceiling)
{
    uint64_t leaf = start / LEAF_TABLE_SPAN;

    if ((end - 1) / LEAF_TABLE_SPAN == leaf &&
        ((floor - 1) / LEAF_TABLE_SPAN == leaf || ceiling / LEAF_TABLE_SPAN == leaf))
        return 0; /* the usual case */
    return tables_needed_beside(levels, start, end, floor, ceiling);
}
/*
 * Unlinks just the tables that tables_needed_beside() counts, in which all leaf entries are empty.
 * Their frames go onto the list *removed, by page->lru.link. Afterwards the caller fences the whole
 * space, and only then puts the frames. Locks: table->lock.
 */
void page_table_prune(struct page_table *table, uint64_t start, uint64_t end, uint64_t floor,
                      uint64_t ceiling, struct list_head *removed);

/* The same with all empty tables of the user half, though areas may need them again later. */
void page_table_drop_empty(struct page_table *table, struct list_head *removed);

/*
 * Finds the leaf entry for va, adding the tables that are missing on the way from supply (see the
 * top). Nothing at level 1 or above is a leaf: what is not a table there is empty.
 * Locks: table->lock, or no other thread has the table. Never sleeps.
 * Returns: the entry; or NULL: the supply ran out. Frames that were taken are the table's.
 */
pte_t *walk_page_table(struct page_table *table, uint64_t va, struct table_supply *supply);
