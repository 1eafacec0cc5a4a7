/*
 * Page tables of 3, 4 or 5 levels. Chapter "Page Table Management". The walker loops over the
 * levels; nothing here depends on the mode but struct page_table.levels.
 *
 * guards: t = lock (RANK_PAGE_TABLE); a = atomic; c = constant
 *
 * A table's frames come from a supply that the caller filled before it took the lock: nothing
 * sleeps under a page-table lock. A path that was partly built is kept: empty tables are legal, and
 * page_table_destroy frees them.
 */
#ifndef MMU_PAGE_TABLE_H
#define MMU_PAGE_TABLE_H

#include <stdbool.h>
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
    struct list_head frames; /* t: of its tables, the root's included, by page->lru.link */
    uint64_t table_frames;   /* t: how many */
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

/* A root with no user entries and the kernel's upper half. 0 or -ENOMEM. */
int page_table_init(struct page_table *table, uint32_t levels);
/* a zeroed frame of class FRAME_PAGE_TABLE, or NULL */
struct page *allocate_page_table(unsigned frame_flags);
/* Frees all tables. Every user leaf must be gone, and no hart may have it active. */
void page_table_destroy(struct page_table *table);

/* Fills supply up to what one walk may need. 0 or -ENOMEM (what came is kept). */
int table_supply_fill(struct table_supply *supply, uint32_t levels, unsigned frame_flags);
void table_supply_drop(struct table_supply *supply); /* frees what was not used */

#define LEAF_TABLE_SPAN (PAGE_SIZE * PTES_PER_TABLE)

/*
 * The leaf entry for va, if it lies in the leaf table that was found last, else NULL. The frame of
 * that table knows by its index what it covers. A table is unlinked under the lock, and while
 * nothing can walk without it; so no hint outlives its table.
 */
static inline pte_t *pte_find_by_hint(struct page_table *table, uint64_t va)
{
    struct page *leaf = __atomic_load_n(&table->last_leaf, __ATOMIC_ACQUIRE);

    if (__builtin_expect(leaf && leaf->index == va / LEAF_TABLE_SPAN, 1))
        return (pte_t *)page_va(leaf) + pte_index(va, 0);
    return NULL;
}

pte_t *pte_find_from_root(struct page_table *table, uint64_t va);

/*
 * The leaf entry for va, or NULL where no table reaches it.
 * Locks: table->lock, or the mm lock: nobody unlinks tables meanwhile. Never sleeps.
 */
static inline pte_t *pte_find(struct page_table *table, uint64_t va)
{
    pte_t *ptep = pte_find_by_hint(table, va);

    return ptep ? ptep : pte_find_from_root(table, va);
}

/*
 * The leaf entry for the first address in [*va, end) that a table reaches; *va becomes that
 * address. NULL: there is none. The entries up to leaf_table_end() follow it in memory.
 * Locks: as pte_find.
 */
pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end);
/* The entries of [va, leaf_table_end(va, end)) lie in one table. */
static inline uint64_t leaf_table_end(uint64_t va, uint64_t end)
{
    uint64_t next = (va | (LEAF_TABLE_SPAN - 1)) + 1;

    return next < end ? next : end;
}

/*
 * Tables that the union of areas needs for [start, end), in worst case, where the neighbouring
 * areas end at floor (0: none) and begin at ceiling (UINT64_MAX: none), and need their own in any
 * case.
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
 * Unlinks just those tables, which hold no leaf any more, into *removed (linked by page->lru). The
 * caller fences the whole space and then puts the frames. Locks: table->lock.
 */
void page_table_prune(struct page_table *table, uint64_t start, uint64_t end, uint64_t floor,
                      uint64_t ceiling, struct list_head *removed);

/* The same with all tables of the user half that hold nothing, whoever may need them later. */
void page_table_drop_empty(struct page_table *table, struct list_head *removed);

/*
 * The leaf entry for va, building the path from supply; NULL where the supply ran out.
 * Locks: table->lock, or the table is not shared yet. Owns: frames that were used are the table's.
 */
pte_t *walk_page_table(struct page_table *table, uint64_t va, struct table_supply *supply);

#endif
