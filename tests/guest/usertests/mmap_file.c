/* Files that are mapped: one truth through read, write and every mapping. */
#include "mapping.h"

#define PAGES 8ul

static int open_rw(const char *path)
{
    int fd = open(path, O_CREATE | O_RDWR);

    expect(fd >= 0);
    return fd;
}

static char byte_at(int fd, unsigned long offset)
{
    char byte;

    expect(lseek(fd, (long)offset, SEEK_SET) == (long)offset);
    expect_equal(read(fd, &byte, 1), 1);
    return byte;
}

static void set_byte(int fd, unsigned long offset, char byte)
{
    expect(lseek(fd, (long)offset, SEEK_SET) == (long)offset);
    expect_equal(write(fd, &byte, 1), 1);
}

/* What is written is seen by every mapping at once, what is stored by read and other mappings. */
static void one_truth(void)
{
    make_file("file", PAGES * PAGE_BYTES, 1);
    int fd = open_rw("file");
    char *first = map_file("file", PAGES, RW, MAP_SHARED);
    char *second = map_file("file", PAGES, PROT_READ, MAP_SHARED);
    char *mine = map_file("file", PAGES, RW, MAP_PRIVATE);

    for (unsigned long round = 0; round < 3; round++)
        for (unsigned long at = 17; at < PAGES * PAGE_BYTES; at += 3000) {
            set_byte(fd, at, (char)(at + round));
            expect_equal(first[at], (char)(at + round));
            expect_equal(second[at], (char)(at + round));
            expect_equal(mine[at], (char)(at + round));
            first[at] = (char)(at + round + 100);
            expect_equal(byte_at(fd, at), (char)(at + round + 100));
            expect_equal(second[at], (char)(at + round + 100));
            expect_equal(mine[at], (char)(at + round + 100));
        }
}

static void private_until_first_store(void)
{
    make_file("file", 3 * PAGE_BYTES, 1);
    int fd = open_rw("file");
    char *mine = map_file("file", 3, RW, MAP_PRIVATE);

    set_byte(fd, 10, 'a');
    expect_equal(mine[10], 'a');
    mine[11] = 'm'; /* from here on page 0 is its own, with what the file had then */
    set_byte(fd, 10, 'b');
    set_byte(fd, PAGE_BYTES, 'c');
    expect_equal(mine[10], 'a');
    expect_equal(mine[PAGE_BYTES], 'c');
    expect(byte_at(fd, 11) != 'm' && byte_at(fd, 10) == 'b');
    mine[2 * PAGE_BYTES] = 'm'; /* a store without a load before it */
    unmap(mine, 3);
    drop_caches();
    expect(byte_at(fd, 11) != 'm' && byte_at(fd, 2 * PAGE_BYTES) != 'm');
}

/* One copy in memory, whoever maps it. */
static void one_copy(void)
{
    struct vm_stats before, after;
    char *maps[8];

    make_file("file", 64 * PAGE_BYTES, 1);
    drop_caches();
    verify_file("file", 64 * PAGE_BYTES, 1);
    for (int n = 0; n < 8; n++) {
        if (n == 1) /* by then this program's own pages are there */
            read_stats(&before);
        maps[n] = map_file("file", 64, n % 2 ? RW : PROT_READ, n < 4 ? MAP_SHARED : MAP_PRIVATE);
        for (unsigned i = 0; i < 64; i++)
            expect(filled(maps[n] + i * PAGE_BYTES, 32, 1 + i));
    }
    read_stats(&after);
    expect_equal(after.file_read, before.file_read);
    expect(after.frames[FRAME_FILE] <= before.frames[FRAME_FILE] + 8);
    expect(after.frames[FRAME_ANON] <= before.frames[FRAME_ANON] + 8);
}

/* The source of a write and the target of a read may be the very page of the file. */
static void page_onto_itself(void)
{
    make_file("file", 2 * PAGE_BYTES, 3);
    int fd = open_rw("file");
    char *ours = map_file("file", 2, RW, MAP_SHARED);

    drop_caches();
    expect_equal(write(fd, ours, PAGE_BYTES), PAGE_BYTES);
    expect_equal(read(fd, ours + PAGE_BYTES, PAGE_BYTES), PAGE_BYTES);
    verify_file("file", 2 * PAGE_BYTES, 3);
    expect(lseek(fd, 0, SEEK_SET) == 0);
    expect_equal(read(fd, ours + PAGE_BYTES, PAGE_BYTES), PAGE_BYTES);
    expect(filled(ours + PAGE_BYTES, PAGE_BYTES, 3));
}

static unsigned long written_by(int (*sync_it)(void))
{
    struct vm_stats before, after;

    read_stats(&before);
    expect_equal(sync_it(), 0);
    read_stats(&after);
    return (unsigned long)(after.file_write - before.file_write);
}

static char *sync_start;
static int sync_fd;

static int by_msync(void)
{
    return msync(sync_start, PAGES * PAGE_BYTES, MS_SYNC);
}

static int by_fsync(void)
{
    return fsync(sync_fd);
}

/* msync and fsync write what was stored; the next store after that is not missed. */
static void syncs_write_stores(void)
{
    static int (*const syncs[])(void) = {by_msync, by_fsync};

    make_file("file", PAGES * PAGE_BYTES, 1);
    sync_fd = open_rw("file");
    sync_start = map_file("file", PAGES, RW, MAP_SHARED);
    sync();
    for (int i = 0; i < 2; i++) {
        expect_equal(written_by(syncs[i]), 0);
        for (unsigned long n = 0; n < PAGES; n++)
            sync_start[n * PAGE_BYTES + 5] = (char)(i + 1);
        expect_equal(written_by(syncs[i]), PAGES);
        sync_start[3 * PAGE_BYTES + 6] = 'n';
        expect_equal(byte_at(sync_fd, 3 * PAGE_BYTES + 6), 'n');
        expect_equal(written_by(syncs[i]), 1);
        expect_equal(written_by(syncs[i]), 0);
        drop_caches();
        for (unsigned long n = 0; n < PAGES; n++)
            expect_equal(byte_at(sync_fd, n * PAGE_BYTES + 5), i + 1);
    }
}

static void store_and_unmap(long unused)
{
    char *ours = map_file("file", PAGES, RW, MAP_SHARED);

    (void)unused;
    for (unsigned i = 0; i < PAGES; i++)
        fill(ours + i * PAGE_BYTES, PAGE_BYTES, 50 + i);
    unmap(ours, PAGES);
    fill(map_file("file", 1, RW, MAP_SHARED), PAGE_BYTES, 50);
}

static void store_and_be_killed(long unused)
{
    store_and_unmap(unused);
    fill(map_file("file", 2, RW, MAP_SHARED) + PAGE_BYTES, PAGE_BYTES, 51);
    store_byte(-1);
}

static void store_and_exec(long unused)
{
    char *argv[] = {"true", NULL};

    store_and_unmap(unused);
    fill(map_file("file", 2, RW, MAP_SHARED) + PAGE_BYTES, PAGE_BYTES, 51);
    exec("/true", argv);
}

/* munmap, exit, exec and death lose no store. */
static void no_store_is_lost(void)
{
    make_file("file", PAGES * PAGE_BYTES, 1);
    join(spawn(store_and_unmap, 0));
    verify_file("file", PAGES * PAGE_BYTES, 50);
    drop_caches();
    verify_file("file", PAGES * PAGE_BYTES, 50);
    make_file("file", PAGES * PAGE_BYTES, 1);
    expect_killed(store_and_be_killed, 0);
    drop_caches();
    verify_file("file", PAGES * PAGE_BYTES, 50);
    make_file("file", PAGES * PAGE_BYTES, 1);
    join(spawn(store_and_exec, 0));
    drop_caches();
    verify_file("file", PAGES * PAGE_BYTES, 50);
}

/* The last page is whole; what is stored behind the end does not become part of the file. */
static void end_inside_a_page(void)
{
    int fd;

    make_file("file", PAGE_BYTES + 100, 1);
    fd = open_rw("file");
    char *ours = map_file("file", 4, RW, MAP_SHARED);

    expect(has_bytes(ours + PAGE_BYTES + 100, PAGE_BYTES - 100, 0));
    ours[PAGE_BYTES + 99] = 'i';
    memset(ours + PAGE_BYTES + 100, 'o', 50);
    expect_killed(load_byte, (long)ours + 2 * PAGE_BYTES);
    expect_killed(store_byte, (long)ours + 3 * PAGE_BYTES);
    expect(!can_read(ours + 2 * PAGE_BYTES) && !can_write(ours + 2 * PAGE_BYTES));
    expect_equal(file_size(fd), PAGE_BYTES + 100);
    drop_caches();
    expect(ftruncate(fd, 3 * PAGE_BYTES) == 0);
    for (unsigned long at = PAGE_BYTES + 100; at < 2 * PAGE_BYTES; at += 7)
        expect_equal(byte_at(fd, at), 0);
    expect(has_bytes(ours + PAGE_BYTES + 100, 2 * PAGE_BYTES - 100, 0)); /* it grew into the map */
    ours[3 * PAGE_BYTES - 1] = 'g';
    expect_equal(byte_at(fd, 3 * PAGE_BYTES - 1), 'g');
    expect_equal(byte_at(fd, PAGE_BYTES + 99), 'i');
}

/* What a truncation takes away is gone for those who had touched it, too. */
static void truncate_under_mapping(void)
{
    make_file("file", PAGES * PAGE_BYTES, 1);
    int fd = open_rw("file");
    char *ours = map_file("file", PAGES, RW, MAP_SHARED);
    char *mine = map_file("file", PAGES, RW, MAP_PRIVATE);

    for (unsigned long i = 0; i < PAGES; i++)
        ours[i * PAGE_BYTES] = mine[i * PAGE_BYTES + 1] + 1; /* dirty; loaded by the other */
    expect(ftruncate(fd, 3 * PAGE_BYTES + 10) == 0);
    expect_killed(load_byte, (long)ours + 4 * PAGE_BYTES);
    expect_killed(store_byte, (long)ours + 7 * PAGE_BYTES);
    expect_killed(load_byte, (long)mine + 5 * PAGE_BYTES);
    expect(has_bytes(ours + 3 * PAGE_BYTES + 10, PAGE_BYTES - 10, 0));
    store_byte((long)ours + 3 * PAGE_BYTES);
    expect(ftruncate(fd, PAGES * PAGE_BYTES) == 0);
    expect(has_bytes(ours + 4 * PAGE_BYTES, 4 * PAGE_BYTES, 0));
    expect(has_bytes(mine + 4 * PAGE_BYTES, 4 * PAGE_BYTES, 0));
    drop_caches();
    expect(has_bytes(ours + 4 * PAGE_BYTES, 4 * PAGE_BYTES, 0));
}

static void unlinked_but_mapped(void)
{
    make_file("file", PAGES * PAGE_BYTES, 1);
    char *ours = map_file("file", PAGES, RW, MAP_SHARED);

    expect(filled(ours, PAGE_BYTES, 1));
    ours[PAGE_BYTES] = 'u';
    expect(unlink("file") == 0);
    drop_caches();
    expect_equal(ours[PAGE_BYTES], 'u');
    make_file("file", PAGES * PAGE_BYTES, 70); /* another file, perhaps of the same number */
    drop_caches();
    for (unsigned i = 2; i < PAGES; i++)
        expect(filled(ours + i * PAGE_BYTES, PAGE_BYTES, 1 + i));
    unmap(ours, PAGES - 1);
    fill(ours + (PAGES - 1) * PAGE_BYTES, PAGE_BYTES, 2); /* the last page of it */
    unmap(ours, PAGES);
    verify_file("file", PAGES * PAGE_BYTES, 70);
}

static void copy_program(const char *from, const char *to)
{
    int in = open(from, O_RDONLY), out = open_rw(to);
    long got;

    expect(in >= 0);
    while ((got = read(in, block, sizeof(block))) > 0)
        expect_equal(write(out, block, (size_t)got), got);
    expect(got == 0 && close(in) == 0 && close(out) == 0);
}

/* This program is running: its file is not written by any way. */
static void program_is_not_written(void)
{
    int fd = open("/usertests", O_RDWR);
    char byte, *start;

    expect(fd >= 0);
    expect_equal(read(fd, &byte, 1), 1);
    expect(lseek(fd, 0, SEEK_SET) == 0);
    expect_error(write(fd, &byte, 1), ETXTBSY);
    expect_error(ftruncate(fd, 0), ETXTBSY);
    expect_error(open("/usertests", O_RDWR | O_TRUNC), ETXTBSY);
    expect_error(mmap(NULL, PAGE_BYTES, RW, MAP_SHARED, fd, 0), ETXTBSY);
    start = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    expect(start != MAP_FAILED);
    expect_error(mprotect(start, PAGE_BYTES, RW), EACCES); /* it was made so while it ran */
    start = mmap(NULL, PAGE_BYTES, RW, MAP_PRIVATE, fd, 0);
    expect(start != MAP_FAILED);
    start[0] = byte + 1;
    expect_equal(byte_at(fd, 0), byte);
}

static int run(const char *path)
{
    char *argv[] = {"program", NULL};
    int pid = fork();

    if (pid == 0) {
        exec(path, argv);
        exit(errno);
    }
    return wait_for(pid);
}

/* A file that somebody may store into is not run; when both are over, either is allowed again. */
static void stored_into_is_not_run(void)
{
    copy_program("/true", "program");
    char *ours = map_file("program", 1, RW, MAP_SHARED);

    expect_equal(run("program"), ETXTBSY);
    protect(ours, 1, PROT_READ); /* could become writable again */
    expect_equal(run("program"), ETXTBSY);
    unmap(ours, 1);
    expect_equal(run("program"), 0);
    int fd = open_rw("program");

    set_byte(fd, 0, 'x');
    expect_equal(run("program"), ENOEXEC);
}

static void run_often(long over)
{
    int runs = 0;

    for (int tries = 0; tries < 100 || runs < 10; tries++) {
        int status = run("program");

        expect(status == 0 || status == ETXTBSY);
        runs += status == 0;
    }
    *(int *)over = 1;
}

/* Of exec and a mapping for stores at one time one is refused: nobody stores into what runs. */
static void run_or_stored_into(void)
{
    int *over = (int *)(void *)map(1, RW, MAP_SHARED), maps = 0, pid;

    copy_program("/true", "program");
    int fd = open_rw("program");
    char first = byte_at(fd, 0);

    pid = spawn(run_often, (long)over);
    while (!__atomic_load_n(over, __ATOMIC_RELAXED) || maps < 10) {
        char *ours = mmap(NULL, PAGE_BYTES, RW, MAP_SHARED, fd, 0);

        if (ours == MAP_FAILED) {
            expect_equal(errno, ETXTBSY);
            continue;
        }
        set_byte(fd, 0, first); /* refused while it runs */
        unmap(ours, 1);
        maps++;
    }
    join(pid);
}

const struct test mmap_file_tests[] = {
    {"one_truth", one_truth, QUICK},
    {"private_until_first_store", private_until_first_store, QUICK},
    {"one_copy", one_copy, QUICK},
    {"page_onto_itself", page_onto_itself, QUICK},
    {"syncs_write_stores", syncs_write_stores, QUICK},
    {"no_store_is_lost", no_store_is_lost, QUICK},
    {"end_inside_a_page", end_inside_a_page, QUICK},
    {"truncate_under_mapping", truncate_under_mapping, QUICK},
    {"unlinked_but_mapped", unlinked_but_mapped, QUICK},
    {"program_is_not_written", program_is_not_written, QUICK},
    {"stored_into_is_not_run", stored_into_is_not_run, QUICK},
    {"run_or_stored_into", run_or_stored_into, QUICK},
    {NULL, NULL, QUICK},
};
