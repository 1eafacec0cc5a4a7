/*
 * The deadline of a hart. Where the machine has stimecmp (extension Sstc) it is one CSR write; the
 * firmware's way is a trap of some hundred instructions, too dear for each switch of threads.
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
