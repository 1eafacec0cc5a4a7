/* Experiments of the chapter "The whole": fork, exec and exit, seen from their costs. */
#include "see.h"
#include "kernel/stat.h"

static unsigned long instructions(void)
{
    unsigned long count;

    asm volatile("rdinstret %0" : "=r"(count));
    return count;
}

/* Instructions of one fork, with so many pages: until the parent goes on. */
static int cost_of_fork(long count)
{
    char *pages = fresh_pages(count, 0);
    unsigned long start;
    int child;

    write_pages(pages, count);
    start = instructions();
    child = fork();
    if (child == 0)
        exit(0);
    start = instructions() - start;
    wait(0);
    must(munmap(pages, count * PAGE) == 0, "munmap");
    return (int)start;
}

static void size(void)
{
    int small = cost_of_fork(1), large = cost_of_fork(4096);

    printf("instructions of fork for 4095 pages more: %d a page, where a copy takes over 1000\n",
           (large - small) / 4095);
}

/* exec of a program whose file is long. */
static void program(void)
{
    char *words[] = {"/usertests", "-l", "none", 0};
    struct stat file;
    int ends[2];

    must(pipe(ends) == 0, "pipe");
    must(vmstat(0, &before, VMSTAT_DROP) == 0, "vmstat");
    if (fork() == 0) {
        close(1);
        dup(ends[1]);
        close(2);
        dup(ends[1]);
        exec(words[0], words);
        exit(1);
    }
    wait(0);
    read_counters(&after);
    must(stat(words[0], &file) == 0, "stat");
    printf("%d pages were read from the disk, of a program of %d\n", GREW(file_read),
           (int)(file.size / PAGE));
}

/* A child with 4 MiB exits, and nobody waits for it yet. */
static void zombie(void)
{
    read_counters(&before);
    if (fork() == 0) {
        write_pages(fresh_pages(1024, 0), 1024);
        exit(0);
    }
    pause(2);
    read_counters(&after);
    printf("a zombie keeps: anonymous %d, page tables %d, kernel stacks %d\n",
           GREW(frames[FRAME_ANON]), GREW(frames[FRAME_PAGE_TABLE]), GREW(frames[FRAME_STACK]));
    wait(0);
}

static const struct experiment list[] = {{"size", size}, {"program", program}, {"zombie", zombie}};
EXPERIMENTS(list)
