/* Catches each double put, and each other put as well. */
void swap_slot_put(swp_entry_t slot)
{
    (void)slot, (void)slot_settle;
    panic("a use of slot %u is put that it has not", slot.number);
}
