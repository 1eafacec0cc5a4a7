/*
 * Mapped files, while other processes and threads do something to the same pages: each test keeps
 * the window open in which a fact that was looked at before is not true any more.
 */
#include "mapping.h"
#include "threads.h"

#define CUT_PAGES 64ul
#define CUT_ROUNDS 50

/* Shared by the processes of a test. */
struct turns {
    volatile int begin, stored, stop;
};

static char *file;
static struct turns *turns;

static void put_byte(int fd, unsigned long offset, char byte)
{
    expect(lseek(fd, (long)offset, SEEK_SET) == (long)offset);
    expect_equal(write(fd, &byte, 1), 1);
}

/* Keeps the lock of the file, for it waits for the disk with it. */
static void sync_without_end(long fd)
{
    while (!turns->stop) {
        put_byte((int)fd, 0, 'y');
        expect_equal(fsync((int)fd), 0);
    }
}

/* Each round stores a byte into the last page, by a call that says whether it could. */
static void store_each_round(long unused)
{
    char *last = file + (CUT_PAGES - 1) * PAGE_BYTES;
    int source = open("source", O_RDONLY);

    (void)unused;
    expect(source >= 0);
    for (int round = 1; round <= CUT_ROUNDS; round++) {
        sink = *last; /* the entry is there, for reading */
        turns->stored = -round;
        while (turns->begin != round)
            sleep(0);
        expect_equal(lseek(source, 0, SEEK_SET), 0);
        if (read(source, last, 1) != 1)
            expect_equal(errno, EFAULT);
        turns->stored = round;
        while (turns->begin != -round)
            sleep(0);
    }
}

/*
 * A store into a page that has to be made writable, for which it waits behind an ftruncate: it is
 * cut off with the rest, or refused. What comes into being there later is zero.
 */
static void cut_off_while_stored(void)
{
    int fd = open("file", O_CREATE | O_RDWR);

    expect(fd >= 0);
    make_file("source", 1, 3);
    turns = (struct turns *)(void *)map(1, RW, MAP_SHARED);
    make_file("file", CUT_PAGES * PAGE_BYTES, 1);
    file = map_file("file", CUT_PAGES, RW, MAP_SHARED);
    int storer = spawn(store_each_round, 0), syncer = spawn(sync_without_end, fd);

    for (int round = 1; round <= CUT_ROUNDS; round++) {
        while (turns->stored != -round)
            sleep(0);
        turns->begin = round;
        if (round % 2)
            sleep(0);
        expect_equal(ftruncate(fd, 0), 0);
        while (turns->stored != round)
            sleep(0);
        expect_equal(fsync(fd), 0);
        expect_equal(ftruncate(fd, CUT_PAGES * PAGE_BYTES), 0);
        expect(has_bytes(file + PAGE_BYTES, (CUT_PAGES - 1) * PAGE_BYTES, 0));
        fill(file + PAGE_BYTES, (CUT_PAGES - 1) * PAGE_BYTES, 2);
        expect_equal(fsync(fd), 0); /* all have blocks, none is writable */
        turns->begin = -round;
    }
    join(storer);
    turns->stop = 1;
    join(syncer);
}

#define MARK_ROUNDS 20

static void cut_off_each_round(long fd)
{
    for (int round = 1; round <= MARK_ROUNDS; round++) {
        while (turns->begin != round)
            sleep(0);
        expect_equal(ftruncate((int)fd, 0), 0);
        turns->stored = round;
    }
}

/*
 * mlock of pages that are there, but were not used since reclaim looked: it marks their entries as
 * used, which another process empties at this time. An empty entry stays empty.
 */
static void marked_while_cut_off(void)
{
    int fd = open("file", O_CREATE | O_RDWR);

    expect(fd >= 0);
    turns = (struct turns *)(void *)map(1, RW, MAP_SHARED);
    int cutter = spawn(cut_off_each_round, fd);

    for (int round = 1; round <= MARK_ROUNDS; round++) {
        make_file("file", CUT_PAGES * PAGE_BYTES, (unsigned)round);
        file = map_file("file", CUT_PAGES, PROT_READ, MAP_SHARED);
        expect_equal(mlock(file, CUT_PAGES * PAGE_BYTES), 0);
        drop_caches(); /* locked pages stay; the marks that they were used go */
        turns->begin = round;
        if (mlock(file, CUT_PAGES * PAGE_BYTES) != 0)
            expect_equal(errno, ENOMEM);
        while (turns->stored != round)
            sleep(0);
        unmap(file, CUT_PAGES);
    }
    join(cutter);
}

#define SPLIT_PAGES 32ul
#define OTHER_AREAS 300
#define SPLIT_TICKS 30

static volatile int stop;

/* Splits the area and makes it one again. */
static void split_and_join(void *unused)
{
    (void)unused;
    while (!stop) {
        protect(file, 1, PROT_READ);
        protect(file, 1, RW);
    }
}

static unsigned long pages_written(void)
{
    static struct vm_stats stats;

    read_stats(&stats);
    return stats.file_write;
}

/*
 * What is stored after one fsync is written by the next, though the area that it was stored by is
 * split and joined all the time: no entry was forgotten when stores were forbidden to see them.
 */
static void synced_while_split(void)
{
    struct thread thread;

    make_file("file", SPLIT_PAGES * PAGE_BYTES, 1);
    for (int i = 0; i < OTHER_AREAS; i++) /* a long list to look through */
        map_file("file", 1 + (unsigned long)i % 2, PROT_READ, MAP_SHARED);
    int fd = open("file", O_RDWR);

    file = map_file("file", SPLIT_PAGES, RW, MAP_SHARED);
    expect_equal(fsync(fd), 0);
    start(&thread, split_and_join, 0);
    for (int end = uptime() + SPLIT_TICKS, round = 1; uptime() < end; round++) {
        unsigned long before = pages_written();

        for (unsigned long i = 1; i < SPLIT_PAGES; i++)
            file[i * PAGE_BYTES] = (char)round;
        expect_equal(fsync(fd), 0);
        expect(pages_written() - before >= SPLIT_PAGES - 1);
    }
    stop = 1;
    finish(&thread);
}

const struct test mmap_race_tests[] = {
    {"cut_off_while_stored", cut_off_while_stored, QUICK},
    {"marked_while_cut_off", marked_while_cut_off, QUICK},
    {"synced_while_split", synced_while_split, QUICK},
    {NULL, NULL, QUICK},
};
