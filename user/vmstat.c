/*
 * vmstat: all counters since boot. vmstat INTERVAL [COUNT]: a line at once, of what has happened
 * since boot, then one every INTERVAL seconds, of what happened in them; COUNT lines in all, or
 * until it is killed. Sizes are KiB, rates are per second:
 *
 *     swpd free buff cache   in swap; free frames; buffers; pages of files
 *     si so   bi bo          from and to swap; from and to all disks, swap among them
 *     flt re sr fr           faults; refaults; pages looked at for eviction, and evicted
 */
#include "user.h"

#define LINES_PER_HEADING 20
#define KIB_PER_PAGE (PAGE_SIZE / 1024)

/* A counter, by its place in struct vm_stats. */
struct counter {
    const char *name;
    size_t offset;
};

#define COUNTER(field) {#field, offsetof(struct vm_stats, field)}
#define FRAMES(name, class) {name, offsetof(struct vm_stats, frames[class])}

static const struct counter counters[] = {
    COUNTER(fault_zero),
    COUNTER(fault_zero_read),
    COUNTER(fault_file),
    COUNTER(fault_around),
    COUNTER(fault_cow_copy),
    COUNTER(fault_cow_reuse),
    COUNTER(fault_swap),
    COUNTER(fault_stack),
    COUNTER(fault_spurious),
    COUNTER(fault_bad),
    COUNTER(pgin),
    COUNTER(pgout),
    COUNTER(file_read),
    COUNTER(file_write),
    COUNTER(refault),
    COUNTER(scan),
    COUNTER(evict_clean),
    COUNTER(evict_dirty),
    COUNTER(swap_slots),
    COUNTER(swap_slots_used),
    COUNTER(swap_cached),
    COUNTER(tlb_local),
    COUNTER(tlb_remote),
    COUNTER(tlb_asid),
    COUNTER(alloc_success),
    COUNTER(alloc_fail),
    COUNTER(disk_read_bytes),
    COUNTER(disk_write_bytes),
    COUNTER(commit),
    COUNTER(commit_limit),
    FRAMES("frames free", FRAME_FREE),
    FRAMES("frames kernel", FRAME_KERNEL),
    FRAMES("frames page table", FRAME_PAGE_TABLE),
    FRAMES("frames stack", FRAME_STACK),
    FRAMES("frames slab", FRAME_SLAB),
    FRAMES("frames anonymous", FRAME_ANON),
    FRAMES("frames file", FRAME_FILE),
    FRAMES("frames buffer", FRAME_BUFFER),
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

static void print_vm_stats(void)
{
    struct vm_stats stats;

    get(&stats);
    for (size_t i = 0; i < COUNTERS; i++)
        printf("%-18s %llu\n", counters[i].name, value(&stats, &counters[i]));
}

static unsigned long long faults(const struct vm_stats *stats)
{
    return stats->fault_zero + stats->fault_zero_read + stats->fault_file + stats->fault_cow_copy +
           stats->fault_cow_reuse + stats->fault_swap + stats->fault_stack + stats->fault_spurious;
}

static unsigned long long evictions(const struct vm_stats *stats)
{
    return stats->evict_clean + stats->evict_dirty;
}

static unsigned long long rate(unsigned long long old, unsigned long long new, int ticks)
{
    return ticks > 0 ? (new - old) * TICKS_PER_SECOND / (unsigned)ticks : 0;
}

static void show_heading(void)
{
    printf("%8s %8s %8s %8s %6s %6s %6s %6s %6s %6s %6s %6s\n", "swpd", "free", "buff", "cache",
           "si", "so", "bi", "bo", "flt", "re", "sr", "fr");
}

/* The state now, and the rates of so many ticks. Less than 0 if it could not be written. */
static int show_line(const struct vm_stats *old, const struct vm_stats *new, int ticks)
{
    printf("%8llu %8llu %8llu %8llu ", new->swap_slots_used * KIB_PER_PAGE,
           new->frames[FRAME_FREE] * KIB_PER_PAGE, new->frames[FRAME_BUFFER] * KIB_PER_PAGE,
           new->frames[FRAME_FILE] * KIB_PER_PAGE);
    printf("%6llu %6llu %6llu %6llu ", rate(old->pgin, new->pgin, ticks) * KIB_PER_PAGE,
           rate(old->pgout, new->pgout, ticks) * KIB_PER_PAGE,
           rate(old->disk_read_bytes, new->disk_read_bytes, ticks) / 1024,
           rate(old->disk_write_bytes, new->disk_write_bytes, ticks) / 1024);
    return printf("%6llu %6llu %6llu %6llu\n", rate(faults(old), faults(new), ticks),
                  rate(old->refault, new->refault, ticks), rate(old->scan, new->scan, ticks),
                  rate(evictions(old), evictions(new), ticks));
}

int main(int argc, char *argv[])
{
    struct vm_stats old, new;
    long interval, count;
    int then = 0; /* since boot */

    if (argc == 1) {
        print_vm_stats();
        return 0;
    }
    if (argc > 3) {
        fprintf(STDERR, "usage: vmstat [INTERVAL [COUNT]]\n");
        return 2;
    }
    interval = number_or_die("vmstat", argv[1], 1, INT_MAX / TICKS_PER_SECOND);
    count = argc == 3 ? number_or_die("vmstat", argv[2], 1, LONG_MAX) : -1;
    memset(&old, 0, sizeof(old));
    for (long line = 0; line != count; line++) {
        if (line > 0)
            sleep((int)interval * TICKS_PER_SECOND);
        if (line % LINES_PER_HEADING == 0)
            show_heading();
        int now = uptime();

        get(&new);
        if (show_line(&old, &new, now - then) < 0)
            break;
        old = new;
        then = now;
    }
    return 0;
}
