/*
 * Gives all spaces one number, and has everything flushed: right on any machine, and no ASIDs.
 * file: kernel/mmu/asid.c
 */
uint64_t asid_enter(struct page_table *table, bool *flush)
{
    (void)table, (void)lock, (void)next, (void)generation, (void)hart_generation;
    *flush = true;
    return 1;
}
