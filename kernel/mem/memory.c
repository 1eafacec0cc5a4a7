/*
 * Boot of mem/. The frame table describes all frames from the lowest to the highest of RAM and
 * takes the first gap that is large enough; what is neither reserved nor the table's is managed.
 */
#include "mem/memory.h"

#include "mem/frame.h"
#include "mem/kmem.h"
#include "riscv/machine.h"
#include "sync/printf.h"

static struct region table_region; /* the frame table; empty until it is placed */

/* Is the frame at pa reserved, or part of the frame table? All regions are of whole frames. */
static bool is_claimed(uint64_t pa)
{
    for (uint32_t i = 0; i < machine.reserved_count; i++)
        if (pa - machine.reserved[i].start < machine.reserved[i].bytes)
            return true;
    return pa - table_region.start < table_region.bytes;
}

/* Returns: the address of so many bytes of RAM that nothing claims; or UINT64_MAX. */
static uint64_t find_gap(uint64_t bytes)
{
    for (uint32_t i = 0; i < machine.ram_count; i++) {
        uint64_t start = machine.ram[i].start, end = start + machine.ram[i].bytes;

        for (uint64_t at = start; at < end; at += PAGE_SIZE) {
            if (is_claimed(at))
                start = at + PAGE_SIZE;
            else if (at + PAGE_SIZE - start >= bytes)
                return start;
        }
    }
    return UINT64_MAX;
}

void memory_init(void)
{
    uint64_t low = UINT64_MAX, high = 0, bytes;

    for (uint32_t i = 0; i < machine.ram_count; i++) {
        const struct region *ram = &machine.ram[i];

        low = ram->start < low ? ram->start : low;
        high = ram->start + ram->bytes > high ? ram->start + ram->bytes : high;
    }
    low >>= PAGE_SHIFT;
    high >>= PAGE_SHIFT;
    bytes = PAGE_ROUND_UP((high - low) * sizeof(struct page));
    table_region = (struct region){find_gap(bytes), bytes};
    if (table_region.start == UINT64_MAX) {
        printf("xv39: too little memory for the frame table; try MEM=16M or more\n");
        power_off(1);
    }
    frame_table_init(low, high - low, direct_va(table_region.start));
    for (uint32_t i = 0; i < machine.ram_count; i++)
        for (uint64_t at = 0; at < machine.ram[i].bytes; at += PAGE_SIZE)
            if (!is_claimed(machine.ram[i].start + at))
                frame_add_range((machine.ram[i].start + at) >> PAGE_SHIFT, 1);
    kmem_init();
}
