/*
 * The student's functions that are static: their file is included here, and each is reached through
 * a function of ours. Nothing else is in this file, so that no name of theirs meets one of ours.
 */
#include LAB_FILE

void lab_slot_settle(uint32_t slot);
uint32_t lab_slot_find(void);
bool lab_slot_reclaim(void);

void lab_slot_settle(uint32_t slot)
{
    slot_settle(slot);
}

uint32_t lab_slot_find(void)
{
    return slot_find();
}

bool lab_slot_reclaim(void)
{
    return slot_reclaim();
}
