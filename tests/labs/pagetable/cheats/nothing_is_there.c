/*
 * Finds nothing, ever: right wherever a table is missing.
 * file: kernel/mmu/page_table.c
 */
pte_t *pte_find_from_root(struct page_table *table, uint64_t va)
{
    (void)table, (void)va;
    return NULL;
}

pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end)
{
    (void)table, (void)va, (void)end;
    return NULL;
}

pte_t *walk_page_table(struct page_table *table, uint64_t va, struct table_supply *supply)
{
    (void)table, (void)va, (void)supply;
    return NULL;
}
