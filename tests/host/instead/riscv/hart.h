/* On the host there is one hart, and no register that points to it. */
#ifndef HOST_RISCV_HART_H
#define HOST_RISCV_HART_H

#define this_hart riscv_this_hart
#define current_thread riscv_current_thread
#define hart_index riscv_hart_index
#define hart_is_traced riscv_hart_is_traced
#include_next "riscv/hart.h"
#undef this_hart
#undef current_thread
#undef hart_index
#undef hart_is_traced

static inline struct hart *this_hart(void)
{
    return &harts[0];
}

static inline struct thread *current_thread(void)
{
    return harts[0].thread;
}

static inline uint64_t hart_index(void)
{
    return 0;
}

static inline bool hart_is_traced(void)
{
    return false;
}

#endif
