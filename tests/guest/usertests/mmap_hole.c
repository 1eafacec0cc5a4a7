/* Mapped files: holes, far offsets, a full disk, and several processes. */
#include "mapping.h"

static int open_new(const char *path)
{
    int fd = open(path, O_CREATE | O_TRUNC | O_RDWR);

    expect(fd >= 0);
    return fd;
}

static char *map_offset(int fd, unsigned long pages, int prot, int flags, unsigned long offset)
{
    char *start = mmap(NULL, pages * PAGE_BYTES, prot, flags, fd, (long)offset);

    expect(start != MAP_FAILED);
    return start;
}

/* A hole reads as zeros and costs nothing on the disk; a store gives its page a block. */
static void store_into_hole(void)
{
    struct vm_stats before, after;
    int fd = open_new("file");
    unsigned long pages = 1100; /* indirect blocks are missing, too */
    char *ours;

    expect(ftruncate(fd, (long)(pages * PAGE_BYTES)) == 0);
    ours = map_offset(fd, pages, RW, MAP_SHARED, 0);
    sync();
    read_stats(&before);
    for (unsigned long i = 0; i < pages; i += 50)
        expect_equal(ours[i * PAGE_BYTES], 0);
    expect(fsync(fd) == 0);
    read_stats(&after);
    expect_equal(after.file_write, before.file_write);
    for (unsigned long i = 0; i < pages; i += 100)
        fill(ours + i * PAGE_BYTES, PAGE_BYTES, (unsigned)i);
    unmap(ours, pages);
    drop_caches();
    ours = map_offset(fd, pages, PROT_READ, MAP_SHARED, 0);
    for (unsigned long i = 0; i < pages; i += 100) {
        expect(filled(ours + i * PAGE_BYTES, PAGE_BYTES, (unsigned)i));
        expect(has_bytes(ours + (i + 1 < pages ? i + 1 : i - 1) * PAGE_BYTES, PAGE_BYTES, 0));
    }
}

static void fill_disk(int fd)
{
    while (write(fd, block, sizeof(block)) > 0)
        ;
    while (write(fd, block, PAGE_BYTES) > 0)
        ;
    expect_equal(errno, ENOSPC);
}

/* The promise of a block comes with the store, or the store does not come. */
static void hole_on_a_full_disk(void)
{
    int fd = open_new("sparse"), full = open_new("full");
    char *ours;

    expect(ftruncate(fd, 8 * PAGE_BYTES) == 0);
    ours = map_offset(fd, 8, RW, MAP_SHARED, 0);
    ours[0] = 'd';
    expect_equal(ours[PAGE_BYTES], 0);
    fill_disk(full);
    expect_killed(store_byte, (long)ours + PAGE_BYTES);
    expect_killed(store_byte, (long)ours + 2 * PAGE_BYTES);
    expect(!can_write(ours + 3 * PAGE_BYTES));
    ours[1] = 'e'; /* has its block */
    expect_equal(ours[2 * PAGE_BYTES], 0);
    expect(ftruncate(full, 0) == 0);
    store_byte((long)ours + 2 * PAGE_BYTES);
    expect(can_write(ours + 3 * PAGE_BYTES));
    unmap(ours, 8);
    drop_caches();
    expect_equal(read(fd, block, 8 * PAGE_BYTES), 8 * PAGE_BYTES);
    expect(block[0] == 'd' && block[1] == 'e' && block[PAGE_BYTES] == 0);
    expect_equal(block[2 * PAGE_BYTES], 1);
}

#define OFFSET_END (1ul << 40)

static void offsets(void)
{
    make_file("file", 8 * PAGE_BYTES, 1);
    int fd = open("file", O_RDWR);
    char *part = map_offset(fd, 2, RW, MAP_SHARED, 3 * PAGE_BYTES);
    char *beyond;

    expect(filled(part, PAGE_BYTES, 4) && filled(part + PAGE_BYTES, PAGE_BYTES, 5));
    fill(part, PAGE_BYTES, 77);
    expect(lseek(fd, 3 * PAGE_BYTES, SEEK_SET) == 3 * PAGE_BYTES);
    expect_equal(read(fd, block, PAGE_BYTES), PAGE_BYTES);
    expect(filled(block, PAGE_BYTES, 77));
    unmap(part, 1);
    expect(filled(part + PAGE_BYTES, PAGE_BYTES, 5)); /* the offset went along */
    beyond = map_offset(fd, 1, RW, MAP_SHARED, OFFSET_END - PAGE_BYTES);
    expect_killed(load_byte, (long)beyond);
    expect_killed(store_byte, (long)beyond);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, OFFSET_END), EOVERFLOW);
    expect_error(mmap(NULL, 2 * PAGE_BYTES, PROT_READ, MAP_SHARED, fd, OFFSET_END - PAGE_BYTES),
                 EOVERFLOW);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 1l << 62), EOVERFLOW);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, -(long)PAGE_BYTES), EOVERFLOW);
}

#define LAST_OFFSET ((1ul << 32) - PAGE_BYTES) /* of the longest file */

static void end_of_4_gib(void)
{
    int fd = open_new("file");
    char *last, byte = 0;

    expect(ftruncate(fd, (long)(LAST_OFFSET + PAGE_BYTES)) == 0);
    last = map_offset(fd, 1, RW, MAP_SHARED, LAST_OFFSET);
    last[PAGE_BYTES - 1] = 'l';
    unmap(last, 1);
    drop_caches();
    expect(lseek(fd, -1, SEEK_END) > 0);
    expect_equal(read(fd, &byte, 1), 1);
    expect_equal(byte, 'l');
}

/* One fault maps the neighbours that are in memory: as many faults are saved, and counted. */
static void fault_around(void)
{
    struct vm_stats before, after;
    char *start;

    make_file("file", 64 * PAGE_BYTES, 1);
    verify_file("file", 64 * PAGE_BYTES, 1);
    for (int round = 0; round < 2; round++) { /* the first may read pages of this program, too */
        start = map_file("file", 64, PROT_READ, MAP_SHARED);
        read_stats(&before);
        for (unsigned i = 0; i < 64; i++)
            expect(filled(start + i * PAGE_BYTES, 16, 1 + i));
        read_stats(&after);
        unmap(start, 64);
    }
    unsigned long faults = (unsigned long)(after.fault_file - before.fault_file);

    expect(faults < 24);
    expect(after.fault_around - before.fault_around >= 64 - faults);
    expect_equal(after.file_read, before.file_read);
}

/* Neighbours come along for reading only: each first store is still noticed. */
static void neighbours_are_not_dirty(void)
{
    struct vm_stats before, after;
    int fd;

    make_file("file", 16 * PAGE_BYTES, 1);
    fd = open("file", O_RDWR);
    expect(fsync(fd) == 0);
    char *ours = map_file("file", 16, RW, MAP_SHARED);

    sink = ours[0];
    ours[3 * PAGE_BYTES] = 's';
    ours[9 * PAGE_BYTES] = 's';
    read_stats(&before);
    expect(fsync(fd) == 0);
    read_stats(&after);
    expect_equal(after.file_write - before.file_write, 2);
}

#define WRITERS 4
#define ROUNDS 200

/* Each stores into its own bytes of every page, by turns through the mapping and by write(). */
static void store_stripes(long which)
{
    char *ours = map_file("file", 8, RW, MAP_SHARED);
    int fd = open("file", O_RDWR);

    for (unsigned long round = 0; round < ROUNDS; round++) {
        unsigned long at = round % 8 * PAGE_BYTES + (unsigned long)which * 100 + round / 8;
        char byte = (char)(which + 1);

        if ((round / 8 + (unsigned long)which) % 2 == 0) {
            ours[at] = byte;
        } else {
            expect(lseek(fd, (long)at, SEEK_SET) == (long)at);
            expect_equal(write(fd, &byte, 1), 1);
        }
        if (round % 50 == 25)
            expect(msync(ours, 8 * PAGE_BYTES, MS_SYNC) == 0);
        expect_equal(ours[at], byte);
    }
}

static void stores_and_writes_at_once(void)
{
    int fd = open_new("file");

    expect(ftruncate(fd, 8 * PAGE_BYTES) == 0);
    for (int i = 0; i < WRITERS; i++)
        spawn(store_stripes, i);
    join_all(WRITERS, 0);
    drop_caches();
    expect_equal(read(fd, block, 8 * PAGE_BYTES), 8 * PAGE_BYTES);
    for (unsigned long round = 0; round < ROUNDS; round++)
        for (unsigned long which = 0; which < WRITERS; which++)
            expect_equal(block[round % 8 * PAGE_BYTES + which * 100 + round / 8], which + 1);
}

static void touch_end_often(long start)
{
    for (int i = 0; i < 3000; i++)
        store_byte(start + (i % 4) * (long)PAGE_BYTES);
}

/* One process stores while another makes the file shorter and longer. */
static void truncate_while_storing(void)
{
    int fd = open_new("file");
    char *ours;

    expect(ftruncate(fd, 4 * PAGE_BYTES) == 0);
    ours = map_offset(fd, 4, RW, MAP_SHARED, 0);
    for (int round = 0; round < 20; round++) {
        int pid = spawn(touch_end_often, (long)ours), status;

        for (int i = 0; i < 10; i++) {
            expect(ftruncate(fd, PAGE_BYTES) == 0);
            expect(ftruncate(fd, 4 * PAGE_BYTES) == 0);
        }
        status = wait_for(pid);
        expect(status == 0 || status == STATUS_KILLED);
    }
}

const struct test mmap_hole_tests[] = {
    {"store_into_hole", store_into_hole, QUICK},
    {"hole_on_a_full_disk", hole_on_a_full_disk, QUICK},
    {"offsets", offsets, QUICK},
    {"end_of_4_gib", end_of_4_gib, QUICK},
    {"fault_around", fault_around, QUICK},
    {"neighbours_are_not_dirty", neighbours_are_not_dirty, QUICK},
    {"stores_and_writes_at_once", stores_and_writes_at_once, QUICK},
    {"truncate_while_storing", truncate_while_storing, QUICK},
    {NULL, NULL, QUICK},
};
