/* Files that nobody has open: which of their pages stay in memory, and what goes with them. */
#include "paging.h"

#define FILES 1500
#define EACH 50 /* files of a directory */
#define STEPS 17 /* sixteenths of all memory */
#define PASSES 2

static struct vm_stats before, after;

/* Reads the file from its beginning, and closes it. How many pages came from the disk. */
static unsigned long pages_read(const char *path)
{
    int fd = open(path, O_RDONLY);

    expect(fd >= 0);
    read_stats(&before);
    while (read(fd, block, sizeof(block)) > 0)
        ;
    read_stats(&after);
    expect(close(fd) == 0);
    return (unsigned long)(after.file_read - before.file_read);
}

static void make_large(const char *path, unsigned long pages)
{
    int fd = open(path, O_CREATE | O_WRONLY);

    expect(fd >= 0);
    for (unsigned long i = 0; i < pages; i++)
        expect_equal(write(fd, block, PAGE_BYTES), PAGE_BYTES);
    expect(close(fd) == 0);
}

/*
 * A file is opened, read and closed again and again, beside stores to more memory than there is.
 * Its pages are used each time, so they stay.
 */
static void reopened_file_stays(void)
{
    unsigned long step = all_frames() / 16, hot = step / 4, pages = 0;
    char *start;

    need_pressure();
    make_large("hot", hot);
    drop_caches();
    expect_equal(pages_read("hot"), hot);
    start = map(STEPS * step, RW, MAP_PRIVATE);
    for (int i = 0; i < PASSES * STEPS; i++) {
        for (unsigned long j = 0; j < step; j++)
            start[(i % STEPS * step + j) * PAGE_BYTES] = 1;
        pages += pages_read("hot");
    }
    if (pages > 4 * hot)
        fail("%lu pages were read again, of %lu\n", pages, hot);
}

static const char *name_of(int file)
{
    static char name[16];

    snprintf(name, sizeof(name), "d%d/f%d", file / EACH, file % EACH);
    return name;
}

static void make_small_files(void)
{
    char directory[8];

    if (all_frames() < 3 * FILES)
        skip("not enough memory in this machine");
    for (int i = 0; i < FILES; i++) {
        snprintf(directory, sizeof(directory), "d%d", i / EACH);
        expect(i % EACH != 0 || mkdir(directory) == 0);
        make_file(name_of(i), 100, (unsigned)i);
    }
    drop_caches();
}

static unsigned long read_small_files(void)
{
    unsigned long pages = 0;

    for (int i = 0; i < FILES; i++)
        pages += pages_read(name_of(i));
    return pages;
}

/* Where memory is free, closed files stay, however many. */
static void many_closed_files_stay(void)
{
    make_small_files();
    expect(read_small_files() >= FILES);
    expect_equal(read_small_files(), 0);
}

/* ... and where it is wanted they give back all that they have, their inodes as well. */
static void many_closed_files_go(void)
{
    unsigned long slabs, least;

    need_pressure();
    make_small_files();
    read_stats(&before);
    least = (unsigned long)before.frames[FRAME_SLAB];
    read_small_files();
    read_stats(&before);
    slabs = (unsigned long)before.frames[FRAME_SLAB];
    expect(slabs >= least + FILES / 16);
    press();
    press();
    read_stats(&after);
    if (after.frames[FRAME_SLAB] > least + (slabs - least) / 8)
        fail("%lu frames of slabs became %lu, and then %lu\n", least, slabs,
             (unsigned long)after.frames[FRAME_SLAB]);
    expect(read_small_files() >= FILES);
}

const struct test paging_file_tests[] = {
    {"reopened_file_stays", reopened_file_stays, QUICK},
    {"many_closed_files_stay", many_closed_files_stay, QUICK},
    {"many_closed_files_go", many_closed_files_go, QUICK},
    {NULL, NULL, QUICK},
};
