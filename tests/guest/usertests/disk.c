/* The disk at its end: no blocks, no inodes; and how both come back. */
#include "test.h"

/* Bytes that fit now, found by writing until the disk is full; the file stays, open. */
static unsigned long fill_disk(int fd)
{
    unsigned long bytes = 0;
    long now;

    while ((now = write(fd, block, sizeof(block))) > 0)
        bytes += (unsigned long)now;
    while ((now = write(fd, block, PAGE_BYTES)) > 0)
        bytes += (unsigned long)now;
    expect(now == -1 && errno == ENOSPC);
    return bytes;
}

static int open_new(const char *path)
{
    int fd = open(path, O_CREATE | O_TRUNC | O_RDWR);

    expect(fd >= 0);
    return fd;
}

static void disk_full(void)
{
    int fd = open_new("big"), small;
    unsigned long bytes = fill_disk(fd);

    expect(bytes > MIB);
    expect_equal(file_size(fd), bytes);
    small = open("small", O_CREATE | O_RDWR); /* may have no place for its entry */
    if (small >= 0) {
        bytes = fill_disk(small); /* a block that was of no use without an indirect one */
        expect(bytes <= 4 * PAGE_BYTES);
        expect_equal(file_size(small), bytes);
    }
    expect(lseek(fd, 0, SEEK_SET) == 0);
    expect_equal(write(fd, block, PAGE_BYTES), PAGE_BYTES); /* over what is there */
    expect(fsync(fd) == 0);
    close(fd);
    expect(unlink("big") == 0);
    make_file("after", MIB, 3);
    drop_caches();
    verify_file("after", MIB, 3);
}

/* As much fits the second time: nothing was lost at the first. */
static void space_comes_back(void)
{
    unsigned long first, second;
    int fd = open_new("big");

    first = fill_disk(fd);
    close(fd);
    expect(unlink("big") == 0);
    fd = open_new("big");
    second = fill_disk(fd);
    expect(ftruncate(fd, 0) == 0);
    expect(second + 64 * KIB >= first && first + 64 * KIB >= second);
    fd = open_new("other");
    first = fill_disk(fd);
    expect(second + 64 * KIB >= first && first + 64 * KIB >= second);
}

/* The blocks of a file without a name go when the last who has it open closes it. */
static void unlinked_space_comes_back(void)
{
    int fd = open_new("big"), second;
    unsigned long bytes = fill_disk(fd);

    expect(unlink("big") == 0);
    second = open("more", O_CREATE | O_RDWR);
    if (second >= 0)
        expect(fill_disk(second) <= 4 * PAGE_BYTES);
    close(fd);
    fd = second >= 0 ? second : open_new("more");
    expect_equal(lseek(fd, 0, SEEK_SET), 0);
    expect(fill_disk(fd) + 64 * KIB >= bytes);
}

static void drop_for_ever(long unused)
{
    (void)unused;
    for (;;)
        drop_caches();
}

/* Who takes an unused file out of memory is not its last user, of whom its end is expected. */
static void unlinked_while_dropped(void)
{
    struct vm_stats now;
    int fd = open_new("big"), pid;
    unsigned long bytes = fill_disk(fd);

    expect(close(fd) == 0 && unlink("big") == 0);
    drop_caches();
    read_stats(&now);
    unsigned long others = (unsigned long)now.frames[FRAME_FILE];

    pid = spawn(drop_for_ever, 0);
    for (unsigned i = 0; i < 48; i++) {
        make_file("file", 4 * MIB, i);
        do
            read_stats(&now); /* until its pages go */
        while (now.frames[FRAME_FILE] > others + 4 * MIB / PAGE_BYTES - 64);
        expect(unlink("file") == 0);
    }
    kill(pid);
    expect_equal(wait_for(pid), STATUS_KILLED);
    fd = open_new("big");
    expect(fill_disk(fd) + 64 * KIB >= bytes);
}

static void full_disk_keeps_data(void)
{
    int fd;

    make_file("kept", 300 * KIB, 9);
    fd = open_new("big");
    fill_disk(fd);
    sync();
    drop_caches();
    verify_file("kept", 300 * KIB, 9);
    expect(ftruncate(fd, 0) == 0);
    verify_file("kept", 300 * KIB, 9);
}

static void write_until_full(long who)
{
    char name[2] = {(char)('a' + who), '\0'};
    int fd = open(name, O_CREATE | O_RDWR);

    if (fd >= 0)
        fill_disk(fd);
}

static void full_for_many(void)
{
    for (int i = 0; i < 4; i++)
        spawn(write_until_full, i);
    join_all(4, 0);
    for (int i = 0; i < 4; i++) {
        char name[2] = {(char)('a' + i), '\0'};

        unlink(name);
    }
    make_file("after", MIB, 3);
    verify_file("after", MIB, 3);
}

static void numbered(char *name, int number)
{
    for (int i = 0; i < 5; i++, number /= 10)
        name[4 - i] = (char)('0' + number % 10);
    name[5] = '\0';
}

/* Every inode of the disk; the error is the same as for blocks. */
static void inodes_gone(void)
{
    char name[8];
    int count = 0, fd;

    for (;; count++) {
        numbered(name, count);
        fd = open(name, O_CREATE | O_WRONLY);
        if (fd < 0)
            break;
        close(fd);
    }
    expect_equal(errno, ENOSPC);
    expect_error(mkdir("d"), ENOSPC);
    expect(count > 100);
    for (int i = 0; i < count; i++) {
        numbered(name, i);
        expect(unlink(name) == 0);
    }
    make_file("after", 10000, 3);
    verify_file("after", 10000, 3);
}

#define GROUPS 40 /* files with an indirect block each */

/*
 * Of a disk that is full, files with an indirect block each are removed, and that is committed. The
 * log still has those blocks; SAN=1 panics if they are used again before they are home.
 */
static void freed_blocks_are_home_first(void)
{
    char name[8];
    int full, kept = open_new("kept");

    for (int i = 0; i < GROUPS; i++) {
        int fd;

        numbered(name, i);
        fd = open_new(name);
        expect(lseek(fd, 40 * PAGE_BYTES, SEEK_SET) == 40 * PAGE_BYTES);
        expect_equal(write(fd, block, PAGE_BYTES), PAGE_BYTES);
        close(fd);
    }
    expect_equal(write(kept, block, PAGE_BYTES), PAGE_BYTES);
    full = open_new("full");
    fill_disk(full);
    sync();
    for (int i = 0; i < GROUPS; i++) {
        numbered(name, i);
        expect(unlink(name) == 0);
    }
    expect(fsync(kept) == 0);
    for (int i = 0; i < GROUPS; i++)
        expect_equal(write(kept, block, PAGE_BYTES), PAGE_BYTES);
    expect(fsync(kept) == 0);
}

/* A file larger than memory goes through the cache: allocators drop and writers wait. */
static void file_larger_than_memory(void)
{
    struct vm_stats stats;
    unsigned long frames = 0, bytes, seed = 5;
    int fd = open_new("probe");

    read_stats(&stats);
    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += stats.frames[class];
    bytes = frames * PAGE_BYTES + 2 * MIB;
    unsigned long room = fill_disk(fd);

    close(fd);
    expect(unlink("probe") == 0);
    if (room < bytes + MIB)
        skip("memory is larger than the disk");
    make_file("big", bytes, (unsigned)seed);
    verify_file("big", bytes, (unsigned)seed);
    verify_file("big", bytes, (unsigned)seed);
}

static unsigned long disk_writes(void)
{
    struct vm_stats stats;

    read_stats(&stats);
    return (unsigned long)stats.disk_writes;
}

#define SMALL_FILES 192
#define META_WRITES 40 /* a commit and a checkpoint, more than once, if we are slow */

/* Files of a page each, made one after another, lie side by side: 16 go in one request. */
static void small_files_go_together(void)
{
    unsigned long before;
    char name[8];

    sync();
    before = disk_writes();
    for (int i = 0; i < SMALL_FILES; i++) {
        numbered(name, i);
        make_file(name, PAGE_BYTES, (unsigned)i);
    }
    sync();
    expect(disk_writes() - before < SMALL_FILES / 16 + META_WRITES);
    drop_caches();
    for (int i = 0; i < SMALL_FILES; i++) {
        numbered(name, i);
        verify_file(name, PAGE_BYTES, (unsigned)i);
    }
}

#define COMMITS 64

/* An fsync writes the page and a transaction; what many of them change goes home once for all. */
static void commits_go_home_together(void)
{
    unsigned long before;
    char name[8];

    sync();
    before = disk_writes();
    for (int i = 0; i < COMMITS; i++) {
        int fd;

        numbered(name, i);
        fd = open_new(name);
        expect_equal(write(fd, block, PAGE_BYTES), PAGE_BYTES);
        expect(fsync(fd) == 0);
        close(fd);
    }
    expect(disk_writes() - before < 2 * COMMITS + META_WRITES);
}

/* Ticks for a store into the last page of a file that is in memory, and the sync of that. */
static unsigned long sync_time(const char *name, unsigned long pages)
{
    int fd = open_new(name);
    unsigned long start;

    for (unsigned long i = 0; i < pages; i += sizeof(block) / PAGE_BYTES)
        expect_equal(write(fd, block, sizeof(block)), sizeof(block));
    expect(fsync(fd) == 0);
    start = time_now();
    for (int round = 0; round < 20; round++) {
        expect(lseek(fd, -1, SEEK_END) >= 0);
        expect_equal(write(fd, block, 1), 1);
        expect(fsync(fd) == 0);
    }
    start = time_now() - start;
    close(fd);
    return start;
}

static void dirty_page_is_found_at_once(void)
{
    unsigned long few, many;

    if (!clock_counts_instructions())
        skip("where instructions are not counted, time tells nothing");
    few = sync_time("few", 24);
    many = sync_time("many", 6000);
    fprintf(1, "# %lu ticks beside 23 clean pages, %lu beside 5999\n", few, many);
    expect(many * 10 <= few * 13);
}

const struct test disk_tests[] = {
    {"disk_full", disk_full, QUICK},
    {"space_comes_back", space_comes_back, QUICK},
    {"unlinked_space_comes_back", unlinked_space_comes_back, QUICK},
    {"unlinked_while_dropped", unlinked_while_dropped, QUICK},
    {"full_disk_keeps_data", full_disk_keeps_data, QUICK},
    {"full_for_many", full_for_many, QUICK},
    {"inodes_gone", inodes_gone, QUICK},
    {"freed_blocks_are_home_first", freed_blocks_are_home_first, QUICK},
    {"small_files_go_together", small_files_go_together, QUICK},
    {"commits_go_home_together", commits_go_home_together, QUICK},
    {"dirty_page_is_found_at_once", dirty_page_is_found_at_once, QUICK},
    {"file_larger_than_memory", file_larger_than_memory, QUICK},
    {NULL, NULL, QUICK},
};
