/*
 * Allocations that fail on purpose, so that tests take every path on which there is no memory.
 * SAN=1 only; in other builds these functions are constants.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/frame.h"
#include "mem/vm_stat.h"

#ifdef SAN
/*
 * thread/ sets it. Returns: the running thread's counter, which counts down to the allocation that
 * fails. A program sets the counter of its own thread, so threads of the kernel have none running.
 */
extern uint32_t *(*alloc_failure_hook)(void);
#define ALLOC_FAILURE_STAYS (1u << 31) /* flag in the counter: the next frame_wait fails, too */

/* Must this allocation fail? Never with FRAME_RESERVE: its users count on their frames. */
static inline bool alloc_failure_due(unsigned flags)
{
    uint32_t *left = alloc_failure_hook && !(flags & FRAME_RESERVE) ? alloc_failure_hook() : NULL;

    if (!left || (*left & ~ALLOC_FAILURE_STAYS) == 0 || (--*left & ~ALLOC_FAILURE_STAYS) > 0)
        return false;
    update_vm_stats(VM_STAT_ALLOC_FAIL, 1);
    return true;
}

/* Must frame_wait fail, too? Once for each ALLOC_FAILURE_STAYS. */
static inline bool alloc_failure_stays(void)
{
    uint32_t *left = alloc_failure_hook ? alloc_failure_hook() : NULL;

    if (!left || *left != ALLOC_FAILURE_STAYS)
        return false;
    *left = 0;
    return true;
}
#else
static inline bool alloc_failure_stays(void) { return false; }
static inline bool alloc_failure_due(unsigned flags) { (void)flags; return false; }
#endif
