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
#define ALLOC_FAILURE_STAYS (1u << 31) /* set in the count: nor is a frame found by waiting, once */

/* Is this the one? What may use the reserve is spared: it is promised its frames. */
static inline bool alloc_failure_due(unsigned flags)
{
    uint32_t *left = alloc_failure_hook && !(flags & FRAME_RESERVE) ? alloc_failure_hook() : NULL;

    if (!left || (*left & ~ALLOC_FAILURE_STAYS) == 0 || (--*left & ~ALLOC_FAILURE_STAYS) > 0)
        return false;
    update_vm_stats(VM_STAT_ALLOC_FAIL, 1);
    return true;
}

/* Is the wait for a frame after that failure to be in vain, too? Once. */
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

#endif
