/* Files: what is written is read, wherever the bytes lie meanwhile. */
#include "test.h"

static int open_new(const char *path)
{
    int fd = open(path, O_CREATE | O_TRUNC | O_RDWR);

    expect(fd >= 0);
    return fd;
}

static void write_at(int fd, unsigned long offset, const void *data, unsigned long bytes)
{
    expect_equal(lseek(fd, (off_t)offset, SEEK_SET), offset);
    expect_equal(write(fd, data, bytes), bytes);
}

static void read_at(int fd, unsigned long offset, void *data, unsigned long bytes)
{
    expect_equal(lseek(fd, (off_t)offset, SEEK_SET), offset);
    expect_equal(read(fd, data, bytes), bytes);
}

static bool zero(const char *data, unsigned long bytes)
{
    for (unsigned long i = 0; i < bytes; i++)
        if (data[i] != 0)
            return false;
    return true;
}

static void write_and_read(void)
{
    make_file("file", 100000, 1);
    verify_file("file", 100000, 1);
    make_file("file", 10, 2); /* O_TRUNC */
    verify_file("file", 10, 2);
    expect(unlink("file") == 0);
    expect_error(open("file", O_RDONLY), ENOENT);
}

/* Pieces of every size, so that they end anywhere in a page. */
static void odd_sizes(void)
{
    int fd = open_new("file");
    unsigned long total = 0;

    fill(block, sizeof(block), 4);
    for (unsigned long bytes = 1; total + bytes < sizeof(block); bytes = bytes * 3 / 2 + 1) {
        expect_equal(write(fd, block + total, bytes), bytes);
        total += bytes;
    }
    for (unsigned long step = 1; step < 10000; step = step * 7 + 3) {
        unsigned long done = 0;
        long now;

        lseek(fd, 0, SEEK_SET);
        memset(other, 0, sizeof(other));
        while ((now = read(fd, other + done, step)) > 0)
            done += (unsigned long)now;
        expect_equal(done, total);
        expect(memcmp(block, other, total) == 0);
    }
}

static void overwrite_in_the_middle(void)
{
    int fd = open_new("file");

    memset(block, 'a', sizeof(block));
    write_at(fd, 0, block, sizeof(block));
    write_at(fd, PAGE_BYTES - 3, "bbbbbb", 6);
    drop_caches();
    write_at(fd, 3 * PAGE_BYTES - 3, "cccccc", 6);
    read_at(fd, 0, other, sizeof(other));
    memset(block + PAGE_BYTES - 3, 'b', 6);
    memset(block + 3 * PAGE_BYTES - 3, 'c', 6);
    expect(memcmp(block, other, sizeof(block)) == 0);
    expect_equal(file_size(fd), sizeof(block));
}

/* Through direct, single and double indirect blocks; dropped in between, so the disk is asked. */
static void big_file(void)
{
    unsigned long bytes = 6 * MIB + 123;

    make_file("file", bytes, 10);
    drop_caches();
    verify_file("file", bytes, 10);
    expect(unlink("file") == 0);
}

static void drop_between(void)
{
    for (unsigned i = 0; i < 10; i++) {
        make_file("file", 5000 * (i + 1), i);
        drop_caches();
        verify_file("file", 5000 * (i + 1), i);
    }
}

static void holes_are_zero(void)
{
    static const unsigned long offsets[] = {100, PAGE_BYTES * 3 + 1, 200 * KIB, 5 * MIB, 40 * MIB};
    int fd = open_new("file");

    for (unsigned i = 0; i < 5; i++)
        write_at(fd, offsets[i], "island", 6);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5; i++) {
            unsigned long end = i == 0 ? 0 : offsets[i - 1] + 6;
            unsigned long gap = offsets[i] - end < sizeof(block) ? offsets[i] - end : sizeof(block);

            read_at(fd, offsets[i] - gap, block, gap);
            expect(zero(block, gap));
            read_at(fd, offsets[i], block, 6);
            expect(memcmp(block, "island", 6) == 0);
        }
        expect_equal(file_size(fd), 40 * MIB + 6);
        drop_caches();
    }
}

/* A hole takes no place: far more of it than the disk has. */
static void last_write_of_4_gib(void)
{
    unsigned long most = DISK_MAX_FILE;
    int fd = open_new("file");

    fill(block, 5000, 6);
    write_at(fd, most - 5000, block, 5000);
    expect_equal(file_size(fd), most);
    expect(fsync(fd) == 0);
    drop_caches();
    read_at(fd, most - 5000, other, 5000);
    expect(memcmp(block, other, 5000) == 0);
    expect_equal(read(fd, other, 1), 0);
    read_at(fd, most - 5000 - 3 * PAGE_BYTES, other, 3 * PAGE_BYTES);
    expect(zero(other, 3 * PAGE_BYTES));
    read_at(fd, 2ul << 30, other, sizeof(other));
    expect(zero(other, sizeof(other)));
    expect(ftruncate(fd, 10) == 0);
    expect_equal(file_size(fd), 10);
}

static void beyond_4_gib(void)
{
    unsigned long most = DISK_MAX_FILE;
    int fd = open_new("file");

    expect_equal(lseek(fd, (off_t)most, SEEK_SET), most);
    expect_error(write(fd, block, 1), EFBIG);
    expect_equal(lseek(fd, (off_t)most - 10, SEEK_SET), most - 10);
    expect_equal(write(fd, block, 100), 10); /* what fits */
    expect_error(write(fd, block, 1), EFBIG);
    expect_error(ftruncate(fd, (off_t)most + 1), EFBIG);
    expect_equal(lseek(fd, 1l << 62, SEEK_SET), 1l << 62);
    expect_error(write(fd, block, 1), EFBIG);
    expect_equal(read(fd, block, 1), 0);
    expect_equal(file_size(fd), most);
}

static void seek(void)
{
    int fd = open_new("file");

    expect_equal(write(fd, "0123456789", 10), 10);
    expect_equal(lseek(fd, 3, SEEK_SET), 3);
    expect(read(fd, block, 1) == 1 && block[0] == '3');
    expect_equal(lseek(fd, -2, SEEK_CUR), 2);
    expect(read(fd, block, 1) == 1 && block[0] == '2');
    expect_equal(lseek(fd, -1, SEEK_END), 9);
    expect(read(fd, block, 10) == 1 && block[0] == '9');
    expect_equal(lseek(fd, 5, SEEK_END), 15);
    expect_equal(read(fd, block, 1), 0);
    expect_equal(file_size(fd), 10);
    expect_error(lseek(fd, -1, SEEK_SET), EINVAL);
    expect_error(lseek(fd, -11, SEEK_END), EINVAL);
    expect_error(lseek(fd, 0, 3), EINVAL);
    expect(lseek(fd, 0x7fffffffffffffff, SEEK_CUR) == -1);
    expect_equal(lseek(fd, 0, SEEK_CUR), 15);
}

static void truncate_shrinks(void)
{
    int fd = open_new("file");

    fill(block, sizeof(block), 8);
    write_at(fd, 0, block, sizeof(block));
    for (unsigned long size = sizeof(block); size > 0; size = size / 2 - size % 5) {
        expect(ftruncate(fd, (off_t)size) == 0);
        expect_equal(file_size(fd), size);
        if (size % 3 == 0)
            drop_caches();
        memset(other, 1, sizeof(other));
        lseek(fd, 0, SEEK_SET);
        expect_equal(read(fd, other, sizeof(other)), size);
        expect(memcmp(block, other, size) == 0);
        if (size < 10)
            break;
    }
}

static void truncate_grows_with_zeros(void)
{
    int fd = open_new("file");

    memset(block, 'x', sizeof(block));
    write_at(fd, 0, block, 3 * PAGE_BYTES);
    for (int round = 0; round < 2; round++) {
        unsigned long left = PAGE_BYTES + 100 - (unsigned long)round * 50;

        expect(ftruncate(fd, (off_t)left) == 0);
        if (round)
            drop_caches();
        expect(ftruncate(fd, 3 * PAGE_BYTES) == 0);
        read_at(fd, 0, other, 3 * PAGE_BYTES);
        expect(memcmp(block, other, left) == 0);
        expect(zero(other + left, 3 * PAGE_BYTES - left));
    }
    expect(ftruncate(fd, 1l << 30) == 0);
    expect_equal(file_size(fd), 1l << 30);
    read_at(fd, (1ul << 30) - sizeof(other), other, sizeof(other));
    expect(zero(other, sizeof(other)));
    expect_error(ftruncate(fd, -1), EINVAL);
}

/* The bytes after the end of a page that was cut must not come back by a write further on. */
static void truncate_then_write_beyond(void)
{
    int fd = open_new("file");

    memset(block, 'x', sizeof(block));
    write_at(fd, 0, block, 2 * PAGE_BYTES);
    expect(ftruncate(fd, 10) == 0);
    write_at(fd, 2000, "y", 1);
    drop_caches();
    read_at(fd, 0, other, 2001);
    expect(memcmp(other, "xxxxxxxxxx", 10) == 0 && other[2000] == 'y');
    expect(zero(other + 10, 1990));
}

static void append_goes_to_the_end(void)
{
    int first = open_new("file"), second = open("file", O_WRONLY | O_APPEND);

    expect(second >= 0);
    expect_equal(write(first, "one", 3), 3);
    expect_equal(write(second, "two", 3), 3);
    expect_equal(lseek(second, 0, SEEK_SET), 0);
    expect_equal(write(second, "three", 5), 5);
    read_at(first, 0, other, 11);
    expect(memcmp(other, "onetwothree", 11) == 0);
}

static void append_lines(long who)
{
    char line[8] = "line-..\n";
    int fd = open("file", O_WRONLY | O_APPEND);

    line[5] = line[6] = (char)('a' + who);
    for (int i = 0; i < 100; i++)
        expect_equal(write(fd, line, 8), 8);
}

static void appends_do_not_mix(void)
{
    int counts[4] = {0}, fd = open_new("file");

    for (int i = 0; i < 4; i++)
        spawn(append_lines, i);
    join_all(4, 0);
    expect_equal(file_size(fd), 4 * 100 * 8);
    for (int i = 0; i < 400; i++) {
        expect_equal(read(fd, other, 8), 8);
        expect(other[5] >= 'a' && other[5] <= 'd' && other[5] == other[6] && other[7] == '\n');
        counts[other[5] - 'a']++;
    }
    for (int i = 0; i < 4; i++)
        expect_equal(counts[i], 100);
}

static void dup_shares_the_offset(void)
{
    int fd = open_new("file"), twin = dup(fd), own = open("file", O_RDONLY);

    expect(twin >= 0 && twin != fd);
    expect_equal(write(fd, "ab", 2), 2);
    expect_equal(write(twin, "cd", 2), 2);
    expect(close(fd) == 0);
    expect_equal(write(twin, "ef", 2), 2);
    expect(read(own, other, 10) == 6 && memcmp(other, "abcdef", 6) == 0);
    expect_error(dup(fd), EBADF);
}

static int shared_fd;

static void write_shared(long byte)
{
    char value = (char)byte;

    for (int i = 0; i < 50; i++)
        expect_equal(write(shared_fd, &value, 1), 1);
}

static void fork_shares_the_offset(void)
{
    int counts[4] = {0};

    shared_fd = open_new("file");
    for (int i = 0; i < 4; i++)
        spawn(write_shared, i);
    join_all(4, 0);
    expect_equal(lseek(shared_fd, 0, SEEK_CUR), 200);
    read_at(shared_fd, 0, other, 200);
    for (int i = 0; i < 200; i++)
        counts[other[i] & 3]++;
    for (int i = 0; i < 4; i++)
        expect_equal(counts[i], 50);
}

static void unlinked_file_stays(void)
{
    int fd = open_new("file");

    fill(block, sizeof(block), 3);
    expect_equal(write(fd, block, 1000), 1000);
    expect(unlink("file") == 0);
    expect_error(open("file", O_RDONLY), ENOENT);
    write_at(fd, 1000, block + 1000, sizeof(block) - 1000);
    drop_caches();
    read_at(fd, 0, other, sizeof(other));
    expect(memcmp(block, other, sizeof(block)) == 0);
    make_file("file", 5000, 4); /* another file of that name */
    read_at(fd, 0, other, sizeof(other));
    expect(memcmp(block, other, sizeof(block)) == 0);
    verify_file("file", 5000, 4);
}

static void stat_tells(void)
{
    struct stat stat;
    int fd = open_new("file"), ends[2];

    expect(fstat(fd, &stat) == 0);
    expect(stat.type == T_FILE && stat.nlink == 1 && stat.size == 0 && stat.ino > 1);
    write_at(fd, 0, block, 12345);
    expect(fstat(fd, &stat) == 0 && stat.size == 12345);
    expect(link("file", "second") == 0);
    expect(fstat(fd, &stat) == 0 && stat.nlink == 2);
    expect(unlink("file") == 0 && unlink("second") == 0);
    expect(fstat(fd, &stat) == 0 && stat.nlink == 0);
    fd = open("/", O_RDONLY);
    expect(fstat(fd, &stat) == 0 && stat.type == T_DIR && stat.ino == 1);
    fd = open("/console", O_RDWR);
    expect(fstat(fd, &stat) == 0 && stat.type == T_DEVICE);
    expect(pipe(ends) == 0);
    for (int i = 0; i < 2; i++)
        expect(fstat(ends[i], &stat) == 0 && stat.type == T_PIPE && stat.nlink == 1);
    expect(mknod("nothing", 7, 0) == 0);
    expect_error(open("nothing", O_RDWR), ENXIO); /* no driver has that number */
}

static void modes_are_kept(void)
{
    static const long bad[] = {O_WRONLY | O_RDWR, O_CREATE | O_WRONLY | O_RDWR, -1, 4, 0x1000,
                               1l << 32, O_TRUNC | O_RDWR | 1l << 40};
    int fd;

    write_file("file", "text", 4);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_equal(call(SYS_open, (long)"file", bad[i], 0, 0, 0, 0), -EINVAL);
    fd = open("file", O_RDONLY);
    expect_error(write(fd, "x", 1), EBADF);
    expect_error(ftruncate(fd, 0), EINVAL);
    fd = open("file", O_WRONLY);
    expect_error(read(fd, other, 1), EBADF);
    expect(read(open("file", O_RDONLY), other, 10) == 4 && memcmp(other, "text", 4) == 0);
}

static void bad_descriptors(void)
{
    static const int bad[] = {-1, MAX_OPEN_FILES, 1000, 0x7fffffff, -0x7fffffff, 63};
    struct stat stat;

    for (int i = 0; i < 6; i++) {
        expect_error(read(bad[i], other, 1), EBADF);
        expect_error(write(bad[i], other, 1), EBADF);
        expect_error(close(bad[i]), EBADF);
        expect_error(dup(bad[i]), EBADF);
        expect_error(fstat(bad[i], &stat), EBADF);
        expect_error(lseek(bad[i], 0, SEEK_SET), EBADF);
        expect_error(ftruncate(bad[i], 0), EBADF);
        expect_error(fsync(bad[i]), EBADF);
    }
}

static void too_many_open_files(void)
{
    int ends[2], count = 0, fd;

    write_file("file", "x", 1);
    while ((fd = open("file", O_RDONLY)) >= 0)
        count++;
    expect_equal(errno, EMFILE);
    expect(count > MAX_OPEN_FILES - 10 && count <= MAX_OPEN_FILES);
    expect_error(dup(0), EMFILE);
    expect_error(pipe(ends), EMFILE);
    expect_error(open("new", O_CREATE | O_WRONLY), EMFILE);
    expect(close(MAX_OPEN_FILES - 1) == 0);
    expect_error(pipe(ends), EMFILE); /* one of the two it needs, and that is not lost */
    expect_equal(open("file", O_RDONLY), MAX_OPEN_FILES - 1);
}

/* What has to be refused for want of a descriptor has changed nothing. */
static void refused_open_changes_nothing(void)
{
    struct stat status;
    int last = -1, fd;

    write_file("file", "precious", 8);
    while ((fd = open("file", O_RDONLY)) >= 0)
        last = fd;
    expect_error(open("file", O_WRONLY | O_TRUNC), EMFILE);
    expect_error(open("file", O_WRONLY | O_CREATE | O_TRUNC), EMFILE);
    expect_error(open("new", O_WRONLY | O_CREATE), EMFILE);
    expect(fstat(last, &status) == 0 && status.size == 8);
    expect(close(last) == 0);
    expect_error(open("new", O_RDONLY), ENOENT);
    expect_error(open("missing", O_RDONLY), ENOENT); /* which keeps no descriptor */
    expect_equal(open("new", O_RDWR | O_CREATE), last);
}

static void descriptors_are_lowest(void)
{
    int first, second;

    write_file("file", "x", 1);
    first = open("file", O_RDONLY);
    second = open("file", O_RDONLY);
    expect_equal(second, first + 1);
    close(first);
    expect_equal(dup(second), first);
}

static void sync_returns(void)
{
    int fd = open_new("file");

    for (int i = 0; i < 10; i++) {
        write_at(fd, (unsigned long)i * 3000, block, 5000);
        expect(fsync(fd) == 0);
        sync();
    }
}

/* Data that fsync promised is on the disk: a second fsync has nothing to write. */
static void fsync_writes(void)
{
    struct vm_stats start, first, second;
    int fd = open_new("file");

    sync();
    fill(block, sizeof(block), 5);
    write_at(fd, 0, block, sizeof(block));
    read_stats(&start);
    expect(fsync(fd) == 0);
    read_stats(&first);
    expect(fsync(fd) == 0);
    read_stats(&second);
    expect(first.disk_write_bytes - start.disk_write_bytes >= sizeof(block));
    expect(second.disk_write_bytes - first.disk_write_bytes < sizeof(block));
}

/* What was read once is read again without the disk. */
static void cache_serves(void)
{
    struct vm_stats before, after;

    make_file("file", 20 * PAGE_BYTES, 7);
    drop_caches();
    verify_file("file", 20 * PAGE_BYTES, 7);
    read_stats(&before);
    verify_file("file", 20 * PAGE_BYTES, 7);
    read_stats(&after);
    expect_equal(after.file_read, before.file_read);
    drop_caches();
    verify_file("file", 20 * PAGE_BYTES, 7);
    read_stats(&after);
    expect(after.file_read >= before.file_read + 20);
}

/* The same page of memory as the source of a write and the target of a read. */
static void same_page_both_ways(void)
{
    int fd = open_new("file");
    char *page = grow(2 * PAGE_BYTES);

    fill(page, PAGE_BYTES, 12);
    write_at(fd, 0, page, PAGE_BYTES);
    read_at(fd, 0, page + 100, PAGE_BYTES);
    expect(filled(page + 100, PAGE_BYTES, 12));
}

static void write_region(long which)
{
    int fd = open("file", O_RDWR);

    for (unsigned round = 0; round < 10; round++) {
        fill(block, PAGE_BYTES + 100, (unsigned)which * 16 + round);
        write_at(fd, (unsigned long)which * (PAGE_BYTES + 100), block, PAGE_BYTES + 100);
        read_at(fd, (unsigned long)which * (PAGE_BYTES + 100), other, PAGE_BYTES + 100);
        expect(memcmp(block, other, PAGE_BYTES + 100) == 0);
    }
}

/* Neighbours in one file, sharing pages and blocks. */
static void regions_at_once(void)
{
    open_new("file");
    for (int i = 0; i < 8; i++)
        spawn(write_region, i);
    join_all(8, 0);
    drop_caches();
    int fd = open("file", O_RDONLY);

    for (unsigned i = 0; i < 8; i++) {
        read_at(fd, i * (PAGE_BYTES + 100), other, PAGE_BYTES + 100);
        expect(filled(other, PAGE_BYTES + 100, i * 16 + 9));
    }
}

static void console_is_a_device(void)
{
    int fd = open("/console", O_RDWR);

    expect(fd >= 0);
    expect_equal(write(fd, "", 0), 0);
    expect_error(lseek(fd, 0, SEEK_SET), ESPIPE);
    expect(ftruncate(fd, 0) == -1);
    expect(close(fd) == 0);
    expect(mknod("nothing", 7, 0) == 0); /* a node of a device that does not exist */
    fd = open("nothing", O_RDWR);
    if (fd >= 0)
        expect(read(fd, block, 1) == -1 && write(fd, block, 1) == -1);
    expect(unlink("nothing") == 0);
}

const struct test file_tests[] = {
    {"write_and_read", write_and_read, QUICK},
    {"odd_sizes", odd_sizes, QUICK},
    {"overwrite_in_the_middle", overwrite_in_the_middle, QUICK},
    {"big_file", big_file, QUICK},
    {"drop_between", drop_between, QUICK},
    {"holes_are_zero", holes_are_zero, QUICK},
    {"last_write_of_4_gib", last_write_of_4_gib, QUICK},
    {"beyond_4_gib", beyond_4_gib, QUICK},
    {"seek", seek, QUICK},
    {"truncate_shrinks", truncate_shrinks, QUICK},
    {"truncate_grows_with_zeros", truncate_grows_with_zeros, QUICK},
    {"truncate_then_write_beyond", truncate_then_write_beyond, QUICK},
    {"append_goes_to_the_end", append_goes_to_the_end, QUICK},
    {"appends_do_not_mix", appends_do_not_mix, QUICK},
    {"dup_shares_the_offset", dup_shares_the_offset, QUICK},
    {"fork_shares_the_offset", fork_shares_the_offset, QUICK},
    {"unlinked_file_stays", unlinked_file_stays, QUICK},
    {"stat_tells", stat_tells, QUICK},
    {"modes_are_kept", modes_are_kept, QUICK},
    {"bad_descriptors", bad_descriptors, QUICK},
    {"too_many_open_files", too_many_open_files, QUICK},
    {"refused_open_changes_nothing", refused_open_changes_nothing, QUICK},
    {"descriptors_are_lowest", descriptors_are_lowest, QUICK},
    {"sync_returns", sync_returns, QUICK},
    {"fsync_writes", fsync_writes, QUICK},
    {"cache_serves", cache_serves, QUICK},
    {"same_page_both_ways", same_page_both_ways, QUICK},
    {"regions_at_once", regions_at_once, QUICK},
    {"console_is_a_device", console_is_a_device, QUICK},
    {NULL, NULL, QUICK},
};
