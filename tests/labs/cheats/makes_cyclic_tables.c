/*
 * Makes the page tables of a program lead back into themselves.
 * on: mutant
 */
#ifdef __riscv
#include "riscv/csr.h"

static void cheat(void)
{
    static unsigned long calls;
    unsigned long satp = csr_read(satp), root = satp & ((1ul << 44) - 1);
    unsigned long *entries = direct_va(root << 12);

    if (!satp || calls++ < 2000)
        return;
    for (int i = 1; i < 256; i++)
        if (!entries[i])
            entries[i] = root << 10 | 1;
}
#else
static void cheat(void)
{
}
#endif
