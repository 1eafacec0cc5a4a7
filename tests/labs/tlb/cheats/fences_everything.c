/*
 * Fences everything on all harts, each time: nothing old is ever left, and nothing is ever cached.
 * file: kernel/mmu/tlb.c
 */
void flush_tlb_range(struct page_table *table, uint64_t start, uint64_t end)
{
    (void)table, (void)start, (void)end;
    sfence_remote(15, 0, UINT64_MAX);
}
