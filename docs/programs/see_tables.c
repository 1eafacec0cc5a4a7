/* Experiments of the chapter "Page tables": what page tables cost, and what an entry can say. */
#include "see.h"

#define GIB (1l << 30)

static void show_tables(const char *what)
{
    printf("%s: %d frames of page tables more\n", what, GREW(frames[FRAME_PAGE_TABLE]));
}

/* A gigabyte of addresses, of which one page is used. */
static void huge(void)
{
    char *start = fresh_pages(GIB / PAGE, MAP_NORESERVE);

    read_counters(&before);
    write_pages(start + GIB / 2, 1);
    read_counters(&after);
    show_tables("1 page of 262144");
}

/* The same number of pages side by side, and far apart. */
static void sparse(void)
{
    char *near = fresh_pages(32, 0);
    char *far = fresh_pages(32 * GIB / PAGE, MAP_NORESERVE);

    read_counters(&before);
    write_pages(near, 32);
    read_counters(&after);
    show_tables("32 pages side by side");
    read_counters(&before);
    for (int i = 0; i < 32; i++)
        write_pages(far + i * GIB, 1);
    read_counters(&after);
    show_tables("32 pages, 1 GiB from each other");
}

/* What fork makes for a child that does nothing: its tables. */
static void levels(void)
{
    count_fork();
    show_tables("a small process");
}

/* An area that may be written, and says nothing of reading. */
static void writeonly(void)
{
    volatile char *page = mmap(0, PAGE, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[5] = 42;
    printf("stored 42, read %d\n", page[5]);
}

static const struct experiment list[] = {
    {"huge", huge}, {"sparse", sparse}, {"levels", levels}, {"writeonly", writeonly}};
EXPERIMENTS(list)
