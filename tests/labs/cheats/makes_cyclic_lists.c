/*
 * Makes each list that pages are on a circle without its head.
 * on: mutant
 */
#ifdef __riscv
#include "mem/page.h"

static void cheat(void)
{
    static unsigned long calls;

    if (calls++ != 2000)
        return;
    for (unsigned long i = 0; i + 1 < frame_count; i++)
        if (frame_table[i].flags & PAGE_ON_LRU) {
            frame_table[i].lru.link.next = &frame_table[i].lru.link;
            frame_table[i].lru.link.prev = &frame_table[i].lru.link;
        }
}
#else
static void cheat(void)
{
}
#endif
