/*
 * Says each time that there is no frame, which is right when there is none.
 * file: kernel/vm/faults/anon.c
 */
enum fault_result anon_zero_read(struct vm_fault *fault)
{
    return fault_bring(fault, NULL, 0, VM_STAT_FAULT_ZERO_READ);
}

enum fault_result anon_zero_write(struct vm_fault *fault)
{
    (void)fault;
    return FAULT_WANT_FRAME;
}
