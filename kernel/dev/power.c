/*
 * The test device ends QEMU with any status. Without one, the firmware ends the machine, and knows
 * only success and failure.
 */
#include "dev/power.h"

#include "riscv/csr.h"
#include "riscv/machine.h"
#include "riscv/memlayout.h"
#include "riscv/sbi.h"
#include "sync/printf.h"

#define TEST_PASS 0x5555u
#define TEST_FAIL 0x3333u /* with the status in the upper half of the word */

static void power_off_by_test_device(int status)
{
    volatile uint32_t *word = direct_va(machine.test.registers.start);

    *word = status == 0 ? TEST_PASS : (uint32_t)status << 16 | TEST_FAIL;
    for (;;) /* the write may take its time */
        wait_for_interrupt();
}

void power_init(void)
{
    power_off_hook = machine.test.registers.bytes >= sizeof(uint32_t) ? power_off_by_test_device
                                                                      : sbi_shutdown;
}
