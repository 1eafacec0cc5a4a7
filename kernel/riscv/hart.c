/* The table of harts. An entry is filled in by the boot hart before its hart runs. */
#include "riscv/hart.h"

#include "riscv/csr.h"
#include "riscv/timer.h"

#define SCOUNTEREN_ALL 7 /* user programs may read cycle, time and instret */

struct hart harts[MAX_HARTS];
uint32_t hart_count = 1;

void hart_describe(uint32_t index, uint32_t id)
{
    struct hart *hart = &harts[index];

    hart->index = index;
    hart->id = id;
    hart->kernel_sp = (uint64_t)&hart_stacks[index][HART_STACK_BYTES];
    hart->overflow_stack_top = (uint64_t)&hart_stacks[index][HART_STACK_BYTES / 2];
}

void hart_init(void)
{
    /* Clears what the firmware left. Vector registers stay off: no switch saves them. */
    csr_clear(sstatus, SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR);
    csr_write(scounteren, SCOUNTEREN_ALL);
    timer_set(TIMER_NEVER);
    csr_write(sie, SIE_SOFTWARE | SIE_TIMER | SIE_EXTERNAL);
}
