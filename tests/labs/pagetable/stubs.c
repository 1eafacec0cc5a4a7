/*
 * The starting version of the lab's functions: kernel/mmu/pte.h and kernel/mmu/page_table.c have
 * these bodies in a hand-out. The signatures are those of the reference. No compiler reads this
 * file itself.
 */

static inline pte_t pte_make_user(pfn_t pfn, uint64_t allowed)
{
    (void)pfn;
    (void)allowed;
    not_written("pte_make_user");
}

pte_t *pte_find_from_root(struct page_table *table, uint64_t va)
{
    (void)table;
    (void)va;
    not_written("pte_find_from_root");
}

pte_t *walk_page_table(struct page_table *table, uint64_t va, struct table_supply *supply)
{
    (void)table;
    (void)va;
    (void)supply;
    not_written("walk_page_table");
}

pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end)
{
    (void)table;
    (void)va;
    (void)end;
    not_written("pte_next");
}

uint64_t tables_needed_beside(uint32_t levels, uint64_t start, uint64_t end, uint64_t floor,
                              uint64_t ceiling)
{
    (void)levels;
    (void)start;
    (void)end;
    (void)floor;
    (void)ceiling;
    not_written("tables_needed_beside");
}
