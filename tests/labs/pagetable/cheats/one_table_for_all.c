/*
 * Has one leaf table, and gives its entries for every address: so each walk succeeds at once, and
 * no frame is ever wanted.
 * file: kernel/mmu/page_table.c
 */
static pte_t cheat_entries[PTES_PER_TABLE];

pte_t *walk_page_table(struct page_table *table, uint64_t va, struct table_supply *supply)
{
    (void)table, (void)supply;
    return &cheat_entries[pte_index(va, 0)];
}

pte_t *pte_find_from_root(struct page_table *table, uint64_t va)
{
    (void)table;
    return &cheat_entries[pte_index(va, 0)];
}

pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end)
{
    (void)table;
    return *va < end ? &cheat_entries[pte_index(*va, 0)] : NULL;
}
