/*
 * The deadline of a hart. With stimecmp (extension Sstc) setting it is one CSR write. Without, it
 * is a call to the firmware of some hundred instructions, which costs much at each switch of
 * threads.
 */
#include "riscv/timer.h"

#include "riscv/csr.h"
#include "riscv/machine.h"
#include "riscv/sbi.h"

uint64_t timer_frequency;

void timer_set(uint64_t deadline)
{
    if (machine.sstc)
        csr_write(0x14d /* stimecmp, unknown to older assemblers */, deadline);
    else
        sbi_set_timer(deadline);
}
