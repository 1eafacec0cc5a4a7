/* System calls about memory. */
#include "abi/errno.h"
#include "abi/syscall.h"
#include "mem/kmem.h"
#include "sys/calls.h"
#include "vm/mm.h"
#include "vm/reclaim.h"
#include "vm/usercopy.h"
#include "vm/vmstat.h"

/* sbrk(bytes, mode): the old break. */
int64_t sys_sbrk(struct trap_frame *frame)
{
    uint64_t old_break;
    int result = mm_sbrk(current_process()->mm, (int64_t)frame->a0, frame->a1 == SBRK_LAZY,
                         &old_break);

    return result < 0 ? result : (int64_t)old_break;
}

/* vmstat(count, NULL, VMSTAT_FAIL): what a test of the paths without memory arms. */
static int64_t fail_allocation(uint64_t count)
{
#ifdef SAN
    current_thread()->allocations_left = (uint32_t)count;
    return 0;
#else
    (void)count;
    return -EINVAL;
#endif
}

/* vmstat(pid, stats, flags): pid 0 is the whole machine, which is all that is counted. */
int64_t sys_vmstat(struct trap_frame *frame)
{
    struct vm_stats *stats;
    int result;

    if (frame->a2 == VMSTAT_FAIL)
        return fail_allocation(frame->a0);
    if (frame->a0 != 0 || (frame->a2 & ~(uint64_t)VMSTAT_DROP))
        return -EINVAL;
    if (frame->a2 & VMSTAT_DROP)
        /* first, so that what is allocated here keeps no slab from being given back */
        reclaim_all();
    stats = kmem_alloc(sizeof(*stats), 0);
    if (stats == NULL)
        return -ENOMEM;
    vm_stats_read(stats, 0);
    result = user_copy_out(current_process()->mm, frame->a1, stats, sizeof(*stats));
    kmem_free(stats);
    return result;
}
