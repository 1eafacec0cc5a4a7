/*
 * The lab's functions under each rule.
 *
 * rule all_or_nothing: a walk that needs more tables than the supply has frames takes none of them.
 *      It returns NULL, and nothing is built.
 * rule miss_clears_hint: where pte_find_from_root finds no leaf table, there is no hint afterwards.
 * rule next_leaves_hint: pte_next leaves the hint for the leaf table of the entry that it gives,
 *      as pte_find_from_root does. Where it gives NULL, the hint stays as it is.
 */

pte_t *pte_find_from_root(struct page_table *table, uint64_t va)
{
    pte_t *entries = table->root;
    struct page *leaf;

    for (uint32_t level = table->levels - 1; level > 0; level--) {
        pte_t entry = pte_load(&entries[pte_index(va, level)]);

        if (!pte_is_table(entry)) {
            if (miss_clears_hint)
                __atomic_store_n(&table->last_leaf, NULL, __ATOMIC_RELEASE);
            return NULL;
        }
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
            if (supply->count < (all_or_nothing ? level : 1u)) /* below it all are missing, too */
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
            if (next_leaves_hint) {
                va_page(entries)->index = at / LEAF_TABLE_SPAN;
                __atomic_store_n(&table->last_leaf, va_page(entries), __ATOMIC_RELEASE);
            }
            return &entries[pte_index(at, 0)];
        }
        at = (at | ((1ul << (PAGE_SHIFT + 9 * level)) - 1)) + 1; /* past what this entry spans */
    }
    return NULL;
}
