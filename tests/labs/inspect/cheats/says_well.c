/*
 * The call says that all is well, and does nothing.
 * file: kernel/sys/sys_mem.c
 */
int64_t sys_vmstat(struct trap_frame *frame)
{
    (void)frame, (void)arm_checker;
    return 0;
}
