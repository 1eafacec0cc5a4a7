/*
 * What work costs: the instructions that this hart has carried out since boot, of user programs,
 * kernel and firmware alike. Exact where the machine counts them: ICOUNT=1.
 */
#ifndef USER_INSTRUCTIONS_H
#define USER_INSTRUCTIONS_H

#include <stdint.h>

static inline uint64_t instructions(void)
{
    uint64_t count;

    __asm__ volatile("csrr %0, instret" : "=r"(count)::"memory");
    return count;
}

#endif
