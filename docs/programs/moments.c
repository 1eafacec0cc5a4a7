/*
 * Moments for the pictures of the book: each brings memory into a state, says where to look, and
 * waits. The host then draws what it finds in the machine's memory (tests/docs/pictures.py).
 */
#include "see.h"

static void hold(const char *address)
{
    printf("moment: pid %d va %p\n", getpid(), (uint64)address);
    for (;;)
        pause(1000000);
}

/* One page of private memory, stored into. */
static void walk(void)
{
    char *page = fresh_pages(1, 0);

    write_pages(page, 1);
    hold(page);
}

/* Sixteen pages, of which four were read, four written, and four unmapped in the middle. */
static void areas(void)
{
    char *pages = fresh_pages(16, 0);

    read_pages(pages, 4);
    write_pages(pages + 4 * PAGE, 4);
    must(munmap(pages + 8 * PAGE, 4 * PAGE) == 0, "munmap");
    must(mprotect(pages + 12 * PAGE, 4 * PAGE, PROT_READ) == 0, "mprotect");
    hold(pages + 4 * PAGE);
}

/* A page that parent and child have, and neither may store into. */
static void shared(void)
{
    char *pages = fresh_pages(8, 0);
    int ends[2];
    char byte;

    write_pages(pages, 8);
    must(pipe(ends) == 0, "pipe");
    if (fork() == 0) {
        write_pages(pages + 6 * PAGE, 2);
        write(ends[1], "x", 1);
        for (;;)
            pause(1000000);
    }
    read(ends[0], &byte, 1);
    hold(pages + 2 * PAGE);
}

/* Forty pages in the memory of 24, under the clock; the last eight were used again. */
static void quota(void)
{
    char *pages = fresh_pages(40, 0);

    must(memlimit(24, POLICY_CLOCK) >= 0, "memlimit");
    write_pages(pages, 40);
    read_pages(pages + 32 * PAGE, 8);
    hold(pages + 32 * PAGE);
}

/* A hundred pages, most of them out; ten were brought back by reading, one by a store. */
static void out(void)
{
    char *pages = fresh_pages(100, 0);

    must(memlimit(32, POLICY_FIFO) >= 0, "memlimit");
    write_pages(pages, 100);
    read_pages(pages, 10);
    write_pages(pages, 1);
    hold(pages);
}

static const struct experiment list[] = {
    {"walk", walk}, {"areas", areas}, {"shared", shared}, {"quota", quota}, {"out", out}};
EXPERIMENTS(list)
