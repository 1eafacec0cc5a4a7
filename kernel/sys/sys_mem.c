/* System calls about memory. */
#include "abi/errno.h"
#include "abi/syscall.h"
#include "dev/block.h"
#include "mem/kmem.h"
#include "mem/owners.h"
#include "sys/calls.h"
#include "vm/extra/quota.h"
#include "vm/extra/swap_device.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/image.h"
#include "vm/monitoring/vmstat.h"
#include "vm/replacement/reclaim.h"

/* sbrk(bytes, mode): the old break. */
int64_t sys_sbrk(struct trap_frame *frame)
{
    uint64_t old_break;
    int error = mm_sbrk(current_process()->mm, (int64_t)frame->a0, frame->a1 == SBRK_LAZY,
                        &old_break);

    return error ? error : (int64_t)old_break;
}

/*
 * vmstat(n, NULL, flag), for tests with SAN=1. FAIL: the n-th allocation from now on fails. KILL:
 * the caller of the next call is killed n instructions after it begins. MARK, OWNERS: find leaks; n
 * is 0.
 */
static int64_t arm_checker(uint64_t flag, uint64_t n)
{
#ifdef SAN
    if (flag == VMSTAT_FAIL)
        current_thread()->allocations_left = (uint32_t)n;
    else if (flag == VMSTAT_KILL)
        current_thread()->kill_after = (uint32_t)n;
    else if (flag == VMSTAT_MARK)
        owners_mark();
    else
        owners_print_changes();
    return 0;
#else
    (void)flag, (void)n;
    return -EINVAL;
#endif
}

/* vmstat(pid, stats, flags): pid 0 is the whole machine. */
int64_t sys_vmstat(struct trap_frame *frame)
{
    struct vm_stats *stats;
    int error = 0;

    if (frame->a2 == VMSTAT_FAIL || frame->a2 == VMSTAT_KILL || frame->a2 == VMSTAT_MARK ||
        frame->a2 == VMSTAT_OWNERS)
        return arm_checker(frame->a2, frame->a0);
    if (!is_int(frame->a0) || (int)frame->a0 < 0 || (frame->a2 & ~(uint64_t)VMSTAT_DROP))
        return -EINVAL;
    if (frame->a2 & VMSTAT_DROP)
        /* before the allocation below, which could keep a slab from being freed */
        reclaim_all();
    stats = kmem_alloc(sizeof(*stats), 0);
    if (!stats)
        return -ENOMEM;
    if (frame->a0 == 0)
        vm_stats_read(stats, 0);
    else
        error = vm_stats_read_one(stats, (int)frame->a0);
    if (!error)
        error = user_copy_out(current_process()->mm, frame->a1, stats, sizeof(*stats));
    kmem_free(stats);
    return error;
}

/* memlimit(frames, policy): the old frames. */
int64_t sys_memlimit(struct trap_frame *frame)
{
    int old;
    int error = -EINVAL;

    if (is_int(frame->a0) && is_int(frame->a1))
        error = quota_set(current_process()->mm, (int)frame->a0, (int)frame->a1, &old);
    return error ? error : old;
}

/* Swapping to the disk with the serial number at user: on or off. */
static int64_t change_swap(uint64_t user, int (*change)(const char *serial))
{
    char serial[SERIAL_BYTES];
    int length = user_copy_string(current_process()->mm, serial, user, sizeof(serial));

    if (length == -ENAMETOOLONG)
        return -ENODEV;
    return length < 0 ? length : change(serial);
}

SIMPLE_CALL(swapon, change_swap(frame->a0, swap_on))
SIMPLE_CALL(swapoff, change_swap(frame->a0, swap_off))
