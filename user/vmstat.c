/*
 * vmstat: all counters since boot. vmstat INTERVAL [COUNT]: every INTERVAL ticks one line of what
 * happened in it; without COUNT until it is killed.
 */
#include "user.h"

#define LINES_PER_HEADING 20

/* A counter, by its place in struct vm_stats. */
struct counter {
    const char *name;
    size_t offset;
};

#define COUNTER(field) {#field, offsetof(struct vm_stats, field)}

static const struct counter counters[] = {
    COUNTER(fault_zero),      COUNTER(fault_zero_read), COUNTER(fault_file),
    COUNTER(fault_cow_copy),  COUNTER(fault_cow_reuse), COUNTER(fault_swap),
    COUNTER(fault_stack),     COUNTER(fault_spurious),  COUNTER(fault_bad),
    COUNTER(pgin),            COUNTER(pgout),           COUNTER(file_read),
    COUNTER(file_write),      COUNTER(refault),         COUNTER(scan),
    COUNTER(evict_clean),     COUNTER(evict_dirty),     COUNTER(swap_slots_used),
    COUNTER(tlb_local),       COUNTER(tlb_remote),      COUNTER(tlb_asid),
    COUNTER(alloc_success),   COUNTER(alloc_fail),      COUNTER(disk_read_bytes),
    COUNTER(disk_write_bytes), COUNTER(commit),         COUNTER(commit_limit),
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

static void get(struct vm_stats *stats)
{
    if (vmstat(0, stats, 0) < 0)
        die("vmstat", "counters");
    if (stats->version != VM_STATS_VERSION || stats->size != sizeof(*stats)) {
        errno = EINVAL;
        die("vmstat", "another version of the kernel");
    }
}

static unsigned long long value(const struct vm_stats *stats, const struct counter *counter)
{
    return *(const unsigned long long *)((const char *)stats + counter->offset);
}

static void show_all(void)
{
    struct vm_stats stats;

    get(&stats);
    for (size_t i = 0; i < COUNTERS; i++)
        printf("%-18s %llu\n", counters[i].name, value(&stats, &counters[i]));
    for (int i = 0; i < FRAME_CLASSES; i++)
        printf("frames[%d]          %llu\n", i, stats.frames[i]);
}

static void show_change(const struct vm_stats *old, const struct vm_stats *new)
{
    printf("%8llu %8llu %8llu %8llu %8llu %8llu %8llu %8llu %8llu\n", new->frames[FRAME_FREE],
           new->fault_zero + new->fault_zero_read - old->fault_zero - old->fault_zero_read,
           new->fault_file - old->fault_file,
           new->fault_cow_copy + new->fault_cow_reuse - old->fault_cow_copy - old->fault_cow_reuse,
           new->fault_swap - old->fault_swap, new->pgin - old->pgin, new->pgout - old->pgout,
           new->file_read - old->file_read, new->file_write - old->file_write);
}

int main(int argc, char *argv[])
{
    struct vm_stats old, new;
    long interval, count = -1;

    if (argc == 1) {
        show_all();
        return 0;
    }
    if (parse_number(argv[1], &interval) < 0 || interval < 1 ||
        (argc > 2 && parse_number(argv[2], &count) < 0)) {
        fprintf(STDERR, "usage: vmstat [INTERVAL [COUNT]]\n");
        return 2;
    }
    get(&old);
    for (long line = 0; line != count; line++) {
        if (line % LINES_PER_HEADING == 0)
            printf("%8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "free", "zero", "file", "cow", "swap",
                   "pgin", "pgout", "fread", "fwrite");
        sleep((int)interval);
        get(&new);
        show_change(&old, &new);
        old = new;
    }
    return 0;
}
