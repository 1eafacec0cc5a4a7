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

/* The first claimed address range that ends above at and begins below end, or NULL. */
static const struct region *first_claim(uint64_t at, uint64_t end)
{
    const struct region *first = NULL;

    for (uint32_t i = 0; i <= machine.reserved_count; i++) {
        const struct region *claim =
            i < machine.reserved_count ? &machine.reserved[i] : &table_region;

        if (claim->bytes && claim->start + claim->bytes > at && claim->start < end &&
            (!first || claim->start < first->start))
            first = claim;
    }
    return first;
}

/* Calls use(start, bytes) for each gap of whole frames; stops when it returns true. */
static bool for_each_gap(bool (*use)(uint64_t start, uint64_t bytes))
{
    for (uint32_t i = 0; i < machine.ram_count; i++) {
        uint64_t at = PAGE_ROUND_UP(machine.ram[i].start);
        uint64_t end = PAGE_ROUND_DOWN(machine.ram[i].start + machine.ram[i].bytes);

        while (at < end) {
            const struct region *claim = first_claim(at, end);
            uint64_t stop = claim ? PAGE_ROUND_DOWN(claim->start) : end;

            if (at < stop && use(at, stop - at))
                return true;
            at = claim ? PAGE_ROUND_UP(claim->start + claim->bytes) : end;
        }
    }
    return false;
}

static uint64_t table_bytes;

static bool place_table(uint64_t start, uint64_t bytes)
{
    if (bytes < table_bytes)
        return false;
    table_region = (struct region){start, table_bytes};
    return true;
}

static bool manage_gap(uint64_t start, uint64_t bytes)
{
    frame_add_range(start >> PAGE_SHIFT, bytes >> PAGE_SHIFT);
    return false;
}

void memory_init(void)
{
    uint64_t low = UINT64_MAX, high = 0;

    for (uint32_t i = 0; i < machine.ram_count; i++) {
        if (machine.ram[i].start < low)
            low = machine.ram[i].start;
        if (machine.ram[i].start + machine.ram[i].bytes > high)
            high = machine.ram[i].start + machine.ram[i].bytes;
    }
    low = PAGE_ROUND_UP(low) >> PAGE_SHIFT;
    high = PAGE_ROUND_DOWN(high) >> PAGE_SHIFT;
    table_bytes = PAGE_ROUND_UP((high - low) * sizeof(struct page));
    if (!for_each_gap(place_table)) {
        printf("xv39: too little memory for the frame table; try MEM=16M or more\n");
        power_off(1);
    }
    frame_table_init(low, high - low, direct_va(table_region.start));
    for_each_gap(manage_gap);
    kmem_init();
}
