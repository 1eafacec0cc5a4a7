/* Experiments of the chapter "Monitoring": what numbers say, and what they do not say. */
#include "see.h"

/* A file of 8 MiB is written and read: where did the free memory go? And can it be had? */
static void cache(void)
{
    int fd = open("large", O_CREATE | O_RDWR);
    static char page[PAGE];

    read_counters(&before);
    for (int i = 0; i < 2048; i++)
        must(write(fd, page, PAGE) == PAGE, "write");
    fsync(fd);
    read_counters(&after);
    printf("a file of 2048 pages: free frames %d, file pages %d\n", GREW(frames[FRAME_FREE]),
           GREW(frames[FRAME_FILE]));
    must(vmstat(0, &after, VMSTAT_DROP) == 0, "vmstat");
    printf("caches dropped: file pages %d\n", GREW(frames[FRAME_FILE]));
    unlink("large");
}

/* Five processes share 1000 pages: what each of them has, and what all have. */
static void resident(void)
{
    struct vm_stats one;
    int ends[2], sum = 0, pids[4];
    char *pages = fresh_pages(1000, 0);
    char byte;

    must(pipe(ends) == 0, "pipe");
    write_pages(pages, 1000);
    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            read(ends[0], &byte, 1);
            exit(0);
        }
        must(vmstat(pids[i], &one, 0) == 0, "vmstat");
        sum += (int)one.resident;
    }
    must(vmstat(getpid(), &one, 0) == 0, "vmstat");
    read_counters(&after);
    printf("five processes have %d pages together, in %d anonymous frames of all the machine\n",
           sum + (int)one.resident, (int)after.frames[FRAME_ANON]);
    for (int i = 0; i < 4; i++)
        write(ends[1], "x", 1);
    for (int i = 0; i < 4; i++)
        wait(0);
}

/* Two readings, one right after the other. */
static void looking(void)
{
    read_counters(&before);
    read_counters(&before);
    read_counters(&after);
    printf("between two readings: %d frames allocated, %d faults\n", GREW(alloc_success),
           GREW(fault_zero) + GREW(fault_zero_read) + GREW(fault_file) + GREW(fault_cow_copy));
}

static const struct experiment list[] = {
    {"cache", cache}, {"resident", resident}, {"looking", looking}};
EXPERIMENTS(list)
