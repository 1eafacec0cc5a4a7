/*
 * The starting version of the lab's functions, by the names of the reference's. The signatures are
 * those of the reference, too. No compiler reads this file itself.
 */

uint64_t vm_stat_sum(enum vm_stat_item item)
{
    (void)item;
    not_written("vm_stat_sum");
}

void vm_stats_read(struct vm_stats *stats, unsigned flags)
{
    (void)stats, (void)flags;
    (void)stats_begin; /* given above, and not used yet */
    not_written("vm_stats_read");
}

static uint64_t private_pages(struct mm_struct *mm)
{
    (void)mm;
    not_written("private_pages");
}

int vm_stats_read_one(struct vm_stats *stats, int pid)
{
    (void)stats, (void)pid;
    (void)space_of, (void)private_pages; /* given above, and not used yet */
    not_written("vm_stats_read_one");
}

int64_t sys_vmstat(struct trap_frame *frame)
{
    (void)frame;
    (void)arm_checker; /* given above, and not used yet */
    not_written("sys_vmstat");
}

static void print_vm_stats(void)
{
    (void)names; /* given above, and not used yet */
    not_written("print_vm_stats");
}
