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

#define NAME(number, member) #member,
#define NAMES(number, member) "frames free", "frames kernel", "frames page table", "frames stack", \
    "frames slab", "frames anonymous", "frames file", "frames buffer",

static const char *const names[] = {VM_STATS(NAME, NAMES)}; /* in the order of struct vm_stats */

static void get(struct vm_stats *stats)
{
    if (vmstat(0, stats, 0) < 0)
        die("vmstat", "counters");
    if (stats->version != VM_STATS_VERSION || stats->size != sizeof(*stats)) {
        errno = EINVAL;
        die("vmstat", "another version of the kernel");
    }
}

/* A line for each counter: its name, in 18 columns or more, a blank, the number. */
static void print_vm_stats(void)
{
    struct vm_stats stats;
    const unsigned long long *counter = &stats.size + 1;

    get(&stats);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        printf("%-18s %llu\n", names[i], counter[i]);
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
