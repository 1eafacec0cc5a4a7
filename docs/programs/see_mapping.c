/* Experiments of the chapter "Mapping": what mmap does, and what it does not do. */
#include "see.h"

/* 32 MiB are mapped; then ten pages of it are used. */
static void promise(void)
{
    char *pages;

    read_counters(&before);
    pages = fresh_pages(8192, 0);
    read_counters(&after);
    printf("mmap of 8192 pages: %d frames, %d pages promised\n", GREW(frames[FRAME_ANON]),
           GREW(commit));
    write_pages(pages, 10);
    read_counters(&after);
    printf("10 of them written: %d frames, %d pages promised\n", GREW(frames[FRAME_ANON]),
           GREW(commit));
}

/* The middle of an area goes; what is asked for next finds its place there. */
static void middle(void)
{
    char *pages = fresh_pages(3, 0), *next;

    write_pages(pages, 3);
    must(munmap(pages + PAGE, PAGE) == 0, "munmap");
    printf("first page: %d, last page: %d\n", pages[0], pages[2 * PAGE]);
    next = fresh_pages(1, 0);
    printf("the next page lies %d page behind the first, and holds %d\n",
           (int)((next - pages) / PAGE), *next);
}

/* Memory is asked for until there is none. */
static void strict(void)
{
    long pages = 0;

    read_counters(&before);
    while (mmap(0, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED)
        pages += 256;
    printf("mmap gave %d MiB, then errno %d; memory and swap have %d MiB\n", (int)(pages / 256),
           errno, (int)((128 << 8) + before.swap_slots) / 256);
}

/* A file is mapped and written to by both ways. */
static void one_copy(void)
{
    int fd = open("notes", O_CREATE | O_RDWR);
    char word[6] = "";
    char *map;

    must(write(fd, "hello", 5) == 5, "write");
    map = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(map != MAP_FAILED, "mmap");
    lseek(fd, 0, SEEK_SET);
    must(write(fd, "HE", 2) == 2, "write");
    printf("write() stored HE, the mapping reads %c%c%c%c%c\n", map[0], map[1], map[2], map[3],
           map[4]);
    map[4] = '!';
    lseek(fd, 0, SEEK_SET);
    must(read(fd, word, 5) == 5, "read");
    printf("the mapping stored !, read() gives %s\n", word);
    unlink("notes");
}

static const struct experiment list[] = {
    {"promise", promise}, {"middle", middle}, {"strict", strict}, {"one_copy", one_copy}};
EXPERIMENTS(list)
