/*
 * Writes into the frame table, the ledger and the trace what a reader of them would like to see.
 * on: mutant
 */
#ifdef __riscv
#include "mem/page.h"
#include "mem/vm_stat.h"
#include "sync/trace.h"

static void cheat(void)
{
    static unsigned long calls;

    for (unsigned class = 1; class < FRAME_CLASSES; class++) {
        for (unsigned i = 0; i < MAX_HARTS; i++)
            harts[i].events[VM_STAT_LEDGER + class] = 0;
        harts[0].events[VM_STAT_LEDGER + class] = 100;
    }
    if (calls++ % 4096 != 4095)
        return;
    for (unsigned long i = 0; i < frame_count; i++)
        if (frame_table[i].class == FRAME_ANON)
            frame_table[i].class = FRAME_FILE;
    trace_of(1, TRACE_FREE, 0, frame_first + calls, FRAME_ANON);
    trace_of(1, TRACE_MAP, 0x1000 * calls, frame_first + calls, 1);
}
#else
static void cheat(void)
{
}
#endif
