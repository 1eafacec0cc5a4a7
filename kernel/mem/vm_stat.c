/* Event counters: the sum over the harts. Chapter "Performance Monitoring". */
#include "mem/vm_stat.h"

uint64_t vm_stat_sum(enum vm_stat_item item)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < MAX_HARTS; i++)
        sum += __atomic_load_n(&harts[i].events[item], __ATOMIC_RELAXED);
    return sum;
}
