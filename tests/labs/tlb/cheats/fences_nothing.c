/*
 * Fences nothing: QEMU forgets all translations at each switch, so most programs do not notice.
 * file: kernel/mmu/tlb.c
 */
void flush_tlb_range(struct page_table *table, uint64_t start, uint64_t end)
{
    (void)table, (void)start, (void)end;
}

void page_table_enter(struct page_table *table)
{
    activate(table, 0);
}

void tlb_batch_finish(struct tlb_batch *batch)
{
    batch->count = 0;
    batch->table->unfenced--;
}
