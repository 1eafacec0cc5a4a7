/*
 * Page tables. Chapter "Page Table Management". See mmu/page_table.h.
 *
 * What always holds: an entry that leads to a table has V and no other bit (R, W and X are 0 by
 * definition; U, A and D of such an entry are reserved). Each table of the user half is on the list
 * table->frames. A table is linked and unlinked under the lock. It is unlinked only while the mm
 * lock is held for writing, or nothing holds it: so the mm lock is enough for a walk.
 */
#include "mmu/page_table.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "sync/printf.h"

uint32_t paging_levels = 3;
struct page_table kernel_page_table;

static pte_t *table_va(pte_t entry)
{
    return direct_va(pte_pfn(entry).number << PAGE_SHIFT);
}

struct page *allocate_page_table(unsigned frame_flags)
{
    return frame_alloc(FRAME_PAGE_TABLE, frame_flags | FRAME_ZEROED);
}

/* The frame, not linked yet, becomes one of the table's. Locks: table->lock, or none has it. */
static void table_frame_add(struct page_table *table, struct page *page)
{
    list_add(&page->lru.link, &table->frames);
    table->table_frames++;
}

int page_table_init(struct page_table *table, uint32_t levels)
{
    const pte_t *kernel_root = kernel_page_table.root; /* NULL: this becomes it */
    struct page *root = frame_alloc(FRAME_PAGE_TABLE, 0);

    if (!root)
        return -ENOMEM;
    memset(table, 0, sizeof(*table));
    spin_init(&table->lock, "page table", RANK_PAGE_TABLE);
    list_init(&table->frames);
    table->root = page_va(root);
    table->levels = levels;
    table->stale_on = UINT32_MAX; /* all harts: none has executed fence.i for its code */
    table_frame_add(table, root);
    tlb_check_create(table);
    memset(table->root, 0, kernel_root ? PAGE_SIZE / 2 : PAGE_SIZE);
    if (kernel_root)
        memcpy(table->root + PTES_PER_TABLE / 2, kernel_root + PTES_PER_TABLE / 2, PAGE_SIZE / 2);
    return 0;
}

void page_table_destroy(struct page_table *table)
{
    struct page *page;

    assert(table->running_on == 0);
    tlb_check_destroy(table);
    list_for_each_element_safe(page, &table->frames, lru.link)
        page_put(page);
    table->root = NULL;
}

int table_supply_fill(struct table_supply *supply, uint32_t levels, unsigned frame_flags)
{
    while (supply->count < levels - 1) {
        struct page *page = allocate_page_table(frame_flags);

        if (!page)
            return -ENOMEM;
        supply->frame[supply->count++] = page;
    }
    return 0;
}

void table_supply_drop(struct table_supply *supply)
{
    while (supply->count)
        page_put(supply->frame[--supply->count]);
}

pte_t *pte_find_from_root(struct page_table *table, uint64_t va)
{
    pte_t *entries = table->root;
    struct page *leaf;

    for (uint32_t level = table->levels - 1; level > 0; level--) {
        pte_t entry = pte_load(&entries[pte_index(va, level)]);

        if (!pte_is_table(entry))
            return NULL;
        entries = table_va(entry);
    }
    leaf = va_page(entries);
    leaf->index = va / LEAF_TABLE_SPAN;
    __atomic_store_n(&table->last_leaf, leaf, __ATOMIC_RELEASE);
    return &entries[pte_index(va, 0)];
}

pte_t *walk_page_table(struct page_table *table, uint64_t va, struct table_supply *supply)
{
    pte_t *entries = table->root;

    for (uint32_t level = table->levels - 1; level > 0; level--) {
        pte_t *ptep = &entries[pte_index(va, level)];
        pte_t entry = pte_load(ptep);

        if (!pte_is_table(entry)) {
            assert(pte_kind(entry) == PTE_EMPTY);
            if (supply->count == 0)
                return NULL;
            entry = pte_make(page_pfn(supply->frame[--supply->count]), PTE_V);
            table_frame_add(table, supply->frame[supply->count]);
            pte_set(ptep, entry);
        }
        entries = table_va(entry);
    }
    return &entries[pte_index(va, 0)];
}

pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end)
{
    uint64_t at = *va;
    pte_t *ptep;

    if (at < end && (ptep = pte_find_by_hint(table, at)) != NULL)
        return ptep;
    while (at < end) {
        pte_t *entries = table->root;
        uint32_t level = table->levels - 1;

        while (level > 0) {
            pte_t entry = pte_load(&entries[pte_index(at, level)]);

            if (!pte_is_table(entry))
                break;
            entries = table_va(entry);
            level--;
        }
        if (level == 0) {
            *va = at;
            return &entries[pte_index(at, 0)];
        }
        at = (at | ((1ul << (PAGE_SHIFT + 9 * level)) - 1)) + 1; /* past what this entry spans */
    }
    return NULL;
}

uint64_t tables_needed_beside(uint32_t levels, uint64_t start, uint64_t end, uint64_t floor,
                              uint64_t ceiling)
{
    uint64_t needed = 0;

    for (uint32_t level = 1; level < levels; level++) {
        uint32_t shift = PAGE_SHIFT + 9 * level;
        uint64_t first = start >> shift;
        uint64_t last = (end - 1) >> shift;

        if (floor && (floor - 1) >> shift == first)
            first++;
        if (last + 1 > first && ceiling != UINT64_MAX && ceiling >> shift == last)
            last--;
        needed += last + 1 - first; /* first is at most last + 1 */
    }
    return needed;
}

/* Unlinks the table that the entry at ptep, for va, leads to, into *removed. Locks: table->lock. */
static void table_unlink(struct page_table *table, uint64_t va, pte_t *ptep,
                         struct list_head *removed)
{
    struct page *page = pfn_page(pte_pfn(pte_swap(table, va, ptep, 0)));

    if (table->last_leaf == page)
        __atomic_store_n(&table->last_leaf, NULL, __ATOMIC_RELAXED);
    list_move(&page->lru.link, removed);
    table->table_frames--;
}

struct prune {
    struct page_table *table;
    uint64_t start, end, floor, ceiling;
    struct list_head *removed;
};

/* page_table_prune in one table: `entries`, of the given level; base is where its span begins. */
static void prune_below(struct prune *prune, pte_t *entries, uint32_t level, uint64_t base)
{
    uint64_t span = 1ul << (PAGE_SHIFT + 9 * level);
    uint64_t first = prune->start > base ? (prune->start - base) / span : 0;

    for (uint64_t i = first; i < PTES_PER_TABLE && base + i * span < prune->end; i++) {
        uint64_t at = base + i * span;
        pte_t entry = pte_load(&entries[i]);

        if (!pte_is_table(entry))
            continue;
        if (level > 1)
            prune_below(prune, table_va(entry), level - 1, at);
        if (at >= prune->floor && at + span - 1 < prune->ceiling)
            table_unlink(prune->table, at, &entries[i], prune->removed);
    }
}

void page_table_prune(struct page_table *table, uint64_t start, uint64_t end, uint64_t floor,
                      uint64_t ceiling, struct list_head *removed)
{
    struct prune prune = {table, start, end, floor, ceiling, removed};

    spin_assert_held(&table->lock);
    prune_below(&prune, table->root, table->levels - 1, 0);
}

/*
 * page_table_drop_empty in one table: the first `count` of `entries`, of the given level; base is
 * where its span begins. Returns: are all of them empty now?
 */
static bool drop_empty_below(struct page_table *table, pte_t *entries, uint32_t count,
                             uint32_t level, uint64_t base, struct list_head *removed)
{
    bool is_empty = true;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = base + ((uint64_t)i << (PAGE_SHIFT + 9 * level));
        pte_t entry = pte_load(&entries[i]);

        if (level > 0 && pte_is_table(entry) &&
            drop_empty_below(table, table_va(entry), PTES_PER_TABLE, level - 1, at, removed))
            table_unlink(table, at, &entries[i], removed);
        else if (entry != 0)
            is_empty = false;
    }
    return is_empty;
}

void page_table_drop_empty(struct page_table *table, struct list_head *removed)
{
    spin_assert_held(&table->lock);
    drop_empty_below(table, table->root, PTES_PER_TABLE / 2, table->levels - 1, 0, removed);
}
