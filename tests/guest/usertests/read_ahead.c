/*
 * Reading files ahead: how many reads of the disk bring how many pages, and what the pages hold
 * that came along, whatever happens to the file meanwhile.
 */
#include "mapping.h"

#define PAGES 1400ul /* of a file */
#define RUN 128ul    /* of them, in order */
#define MOST 16ul    /* pages of one read: the last one may go on beyond the run */
#define FAR 20ul     /* from one to the next that is far apart: more than come along */
#define LAST 8ul     /* far ones: by then nothing comes along */

static int fd;
static const char *mapped; /* the file; NULL: it is read */
static unsigned long brought, reads;

/* Looks at pages first, first + step, …: reads of the disk, and pages that came. */
static void look_at(unsigned long first, unsigned long count, unsigned long step)
{
    struct vm_stats before, after;

    brought = reads = 0;
    for (unsigned long i = first; i < first + count * step; i += step) {
        read_stats(&before);
        if (mapped) {
            memcpy(block, mapped + i * PAGE_BYTES, 16);
        } else {
            expect(lseek(fd, (long)(i * PAGE_BYTES), SEEK_SET) >= 0);
            expect_equal(read(fd, block, (int)PAGE_BYTES), PAGE_BYTES);
        }
        read_stats(&after);
        expect(filled(block, 16, (unsigned)i));
        brought += (unsigned long)(after.file_read - before.file_read);
        reads += after.file_read != before.file_read;
    }
}

/* In order: many a read. Far apart: soon none in vain. In order again: many a read, soon. */
static void look_everywhere(void)
{
    unsigned long many = (PAGES - RUN) / FAR - LAST, far = RUN + FAR;

    drop_caches();
    look_at(0, RUN, 1);
    expect(reads <= RUN / 5 && brought >= RUN && brought < RUN + MOST);
    look_at(far, many, FAR);
    expect(brought <= many + 6 * FAR);
    look_at(far + many * FAR, LAST - 1, FAR);
    expect(reads == LAST - 1 && brought == reads);
    drop_caches();
    look_at(0, RUN, 1);
    expect(reads <= RUN / 5 && brought >= RUN && brought < RUN + MOST);
}

static void files_are_read_ahead(void)
{
    make_file("file", PAGES * PAGE_BYTES, 0);
    fd = open("file", O_RDONLY);
    expect(fd >= 0);
    look_everywhere();
}

static void mappings_are_read_ahead(void)
{
    make_file("file", PAGES * PAGE_BYTES, 0);
    mapped = map_file("file", PAGES, PROT_READ, MAP_SHARED);
    look_everywhere();
    expect_equal(madvise((void *)mapped, PAGES * PAGE_BYTES, MADV_RANDOM), 0);
    look_at(2 * RUN, RUN, 1); /* not beside the first: the last read may have gone on there */
    expect(reads == RUN && brought == RUN);
    expect_equal(madvise((void *)mapped, PAGES * PAGE_BYTES, MADV_SEQUENTIAL), 0);
    look_at(4 * RUN, RUN, 1);
    expect(reads <= RUN / 12 && brought >= RUN && brought < RUN + MOST);
}

/* Nothing comes from where the file has a hole, or from beyond its end. */
static void ahead_ends_with_the_data(void)
{
    unsigned long data = 3 * 24, tail = 100;
    struct vm_stats before, after;
    char *start;

    fd = open("file", O_CREATE | O_RDWR);
    expect(fd >= 0);
    for (unsigned long i = 0; i < 5 * 24; i++) {
        fill(block, PAGE_BYTES, (unsigned)i);
        expect(lseek(fd, (long)(i * PAGE_BYTES), SEEK_SET) >= 0);
        if (i / 24 % 2 == 0)
            expect_equal(write(fd, block, (int)PAGE_BYTES), PAGE_BYTES);
    }
    expect_equal(write(fd, block, (int)tail), tail);
    drop_caches();
    start = map_file("file", 6 * 24, PROT_READ, MAP_SHARED);
    expect_equal(madvise(start, 6 * 24 * PAGE_BYTES, MADV_SEQUENTIAL), 0);
    read_stats(&before);
    for (unsigned long i = 0; i < 5 * 24; i++)
        expect(i / 24 % 2 == 0 ? filled(start + i * PAGE_BYTES, PAGE_BYTES, (unsigned)i)
                               : has_bytes(start + i * PAGE_BYTES, PAGE_BYTES, 0));
    expect(memcmp(start + 5 * 24 * PAGE_BYTES, block, tail) == 0);
    expect(has_bytes(start + 5 * 24 * PAGE_BYTES + tail, PAGE_BYTES - tail, 0));
    read_stats(&after);
    expect_equal(after.file_read - before.file_read, data + 1);
    expect_killed(load_byte, (long)start + (5 * 24 + 1) * PAGE_BYTES);
}

#define CUT_PAGES 8ul
#define CUT_ROUNDS 60

static void look_at_start(long start)
{
    for (unsigned long i = 0; i < CUT_PAGES; i++)
        can_read((const char *)start + i * PAGE_BYTES);
}

/* What came along while the file was made shorter is not seen when it is longer again. */
static void cut_off_while_read_ahead(void)
{
    for (unsigned long round = 0; round < CUT_ROUNDS; round++) {
        unsigned long left = 1 + round % 3;
        char *start;
        int pid;

        make_file("file", CUT_PAGES * PAGE_BYTES, 1);
        drop_caches();
        fd = open("file", O_RDWR);
        start = map_file("file", CUT_PAGES, PROT_READ, MAP_SHARED);
        expect_equal(madvise(start, CUT_PAGES * PAGE_BYTES, MADV_SEQUENTIAL), 0);
        pid = spawn(look_at_start, (long)start);
        expect_equal(ftruncate(fd, (long)(left * PAGE_BYTES)), 0);
        expect_equal(ftruncate(fd, (long)(CUT_PAGES * PAGE_BYTES)), 0);
        join(pid);
        for (unsigned long i = 0; i < CUT_PAGES; i++)
            expect(i < left ? filled(start + i * PAGE_BYTES, PAGE_BYTES, (unsigned)(1 + i))
                            : has_bytes(start + i * PAGE_BYTES, PAGE_BYTES, 0));
        unmap(start, CUT_PAGES);
        expect(close(fd) == 0 && unlink("file") == 0);
    }
}

const struct test read_ahead_tests[] = {
    {"files_are_read_ahead", files_are_read_ahead, QUICK},
    {"mappings_are_read_ahead", mappings_are_read_ahead, QUICK},
    {"ahead_ends_with_the_data", ahead_ends_with_the_data, QUICK},
    {"cut_off_while_read_ahead", cut_off_while_read_ahead, QUICK},
    {NULL, NULL, QUICK},
};
