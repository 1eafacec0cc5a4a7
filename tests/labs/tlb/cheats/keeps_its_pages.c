/*
 * Never gives a page back, so that no fence can come too late.
 * file: kernel/mmu/tlb.c
 */
void tlb_batch_finish(struct tlb_batch *batch)
{
    batch->count = 0;
    __atomic_fetch_sub(&batch->table->unfenced, 1, __ATOMIC_RELEASE);
}
