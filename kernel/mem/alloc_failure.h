/*
 * Allocations that fail on purpose, so that a test sees every path on which memory is out. SAN=1
 * only: elsewhere nothing is left of it in the code.
 */
#ifndef MEM_ALLOC_FAILURE_H
#define MEM_ALLOC_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/frame.h"
#include "mem/vm_stat.h"

#ifdef SAN
/*
 * thread/ sets it: where the running thread counts its allocations down to the one that fails.
 * A program arms it for its own thread, so those of the kernel are spared.
 */
extern uint32_t *(*alloc_failure_hook)(void);

/* Is this the one? Those who may use the reserve are spared: they are promised their frames. */
static inline bool alloc_failure_due(unsigned flags)
{
    uint32_t *left = alloc_failure_hook && !(flags & FRAME_RESERVE) ? alloc_failure_hook() : NULL;

    if (!left || *left == 0 || --*left > 0)
        return false;
    update_vm_stats(VM_STAT_ALLOC_FAIL, 1);
    return true;
}
#else
static inline bool alloc_failure_due(unsigned flags)
{
    (void)flags;
    return false;
}
#endif

#endif
