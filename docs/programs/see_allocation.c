/* Experiments of the chapter "Allocation": where frames go, and whether all of them come back. */
#include "see.h"

static void show_classes(const char *what)
{
    int sum = 0;

    for (int i = 0; i < FRAME_CLASSES; i++)
        sum += (int)after.frames[i];
    printf("%s: anonymous %d, page tables %d, kernel stacks %d; all classes: %d\n", what,
           GREW(frames[FRAME_ANON]), GREW(frames[FRAME_PAGE_TABLE]), GREW(frames[FRAME_STACK]),
           sum);
}

/* A child with 4 MiB: while it lives, and after it was killed. */
static void ledger(void)
{
    int ends[2], child;
    char byte;

    must(pipe(ends) == 0, "pipe");
    read_counters(&before);
    child = fork();
    if (child == 0) {
        write_pages(fresh_pages(1024, 0), 1024);
        write(ends[1], "x", 1);
        pause(1000000);
    }
    read(ends[0], &byte, 1);
    read_counters(&after);
    show_classes("a child with 1024 pages");
    kill(child);
    wait(0);
    read_counters(&after);
    show_classes("it was killed         ");
}

/* 100 children, one after the other. */
static void again(void)
{
    must(vmstat(0, &before, VMSTAT_DROP) == 0, "vmstat");
    for (int i = 0; i < 100; i++) {
        if (fork() == 0) {
            write_pages(fresh_pages(64, 0), 64);
            exit(0);
        }
        wait(0);
    }
    must(vmstat(0, &after, VMSTAT_DROP) == 0, "vmstat");
    printf("%d frames were allocated, %d are free more or less than before\n", GREW(alloc_success),
           GREW(frames[FRAME_FREE]));
}

static const struct experiment list[] = {{"ledger", ledger}, {"again", again}};
EXPERIMENTS(list)
