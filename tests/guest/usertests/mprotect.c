/* What may be done to mapped pages, and what mmap and mprotect refuse. */
#include "mapping.h"

#define PAGES 16ul

static void less_is_allowed(void)
{
    char *start = map(PAGES, RW, MAP_PRIVATE);

    memset(start, 'a', PAGES * PAGE_BYTES);
    protect(start + PAGE_BYTES, 2, PROT_READ);
    expect_killed(store_byte, (long)start + PAGE_BYTES);
    expect_killed(store_byte, (long)start + 3 * PAGE_BYTES - 1);
    expect(!can_write(start + 2 * PAGE_BYTES) && can_read(start + 2 * PAGE_BYTES));
    expect(has_bytes(start, PAGES * PAGE_BYTES, 'a'));
    store_byte((long)start + PAGE_BYTES - 1);
    store_byte((long)start + 3 * PAGE_BYTES);
    protect(start + PAGE_BYTES, 2, RW);
    memset(start, 'b', PAGES * PAGE_BYTES);
}

/* Nothing at all; and all that was there is there again afterwards. */
static void none_keeps_content(void)
{
    char *start = map(PAGES, RW, MAP_PRIVATE), *ours = map(PAGES, RW, MAP_SHARED), *file, *mine;

    make_file("file", PAGES * PAGE_BYTES, 9);
    file = map_file("file", PAGES, PROT_READ, MAP_SHARED);
    mine = map_file("file", PAGES, RW, MAP_PRIVATE);
    fill(start, PAGES / 2 * PAGE_BYTES, 1);
    fill(ours, PAGES / 2 * PAGE_BYTES, 2);
    fill(mine, PAGE_BYTES, 3);
    char *all[] = {start, ours, file, mine};

    for (int i = 0; i < 4; i++) {
        expect(can_read(all[i]));
        protect(all[i], PAGES, PROT_NONE);
        expect_killed(load_byte, (long)all[i]);
        expect_killed(store_byte, (long)all[i] + (PAGES - 1) * PAGE_BYTES);
        expect(!can_read(all[i]) && !can_write(all[i]));
        expect(is_mapped(all[i]));
    }
    drop_caches();
    for (int i = 0; i < 4; i++)
        protect(all[i], PAGES, PROT_READ);
    expect(filled(start, PAGES / 2 * PAGE_BYTES, 1) && filled(ours, PAGES / 2 * PAGE_BYTES, 2));
    expect(has_bytes(start + PAGES / 2 * PAGE_BYTES, PAGES / 2 * PAGE_BYTES, 0));
    expect(filled(file, PAGE_BYTES, 9) && filled(mine, PAGE_BYTES, 3));
    expect(filled(mine + PAGE_BYTES, PAGE_BYTES, 10));
}

/* A page that is kept but not seen is forked, and dropped, like any other. */
static void none_over_fork(void)
{
    char *start = map(4, RW, MAP_PRIVATE);

    fill(start, 4 * PAGE_BYTES, 1);
    protect(start, 4, PROT_NONE);
    int pid = fork();

    if (pid == 0) {
        protect(start, 4, RW);
        expect(filled(start, 4 * PAGE_BYTES, 1));
        fill(start, 4 * PAGE_BYTES, 2);
        exit(0);
    }
    join(pid);
    protect(start, 2, RW);
    expect(filled(start, 2 * PAGE_BYTES, 1));
    unmap(start, 4);
}

/* RISC-V has no page that is written and not read: it is readable as well. */
static void write_brings_read(void)
{
    char *start = map(2, PROT_WRITE, MAP_PRIVATE);

    start[0] = 'w';
    expect_equal(start[0], 'w');
    expect_equal(start[PAGE_BYTES], 0);
    protect(start, 2, PROT_NONE);
    protect(start, 2, PROT_WRITE);
    expect_equal(start[0], 'w');
}

static long call_code(void *code)
{
    return ((long (*)(void))code)();
}

static void run_code(long address)
{
    call_code((void *)address);
}

/* Instructions that were stored are executed as they are now, not as they were before. */
static void stored_code_runs(void)
{
    static const unsigned return_1[] = {0x00100513, 0x00008067}; /* li a0, 1; ret */
    unsigned *code = (void *)map(1, RW, MAP_PRIVATE);

    memcpy(code, return_1, sizeof(return_1));
    expect_killed(run_code, (long)code);
    protect((char *)code, 1, PROT_READ | PROT_EXEC);
    expect_equal(call_code(code), 1);
    expect_killed(store_byte, (long)code);
    for (unsigned i = 2; i < 30; i++) {
        protect((char *)code, 1, RW);
        code[0] = 0x00000513 | i << 20;
        protect((char *)code, 1, PROT_READ | PROT_EXEC);
        expect_equal(call_code(code), i);
    }
}

/* Executed without being readable: the kernel does not read it for a program either. */
static void code_without_read(void)
{
    unsigned *code = (void *)map(1, RW, MAP_PRIVATE);

    code[0] = 0x00700513;
    code[1] = 0x00008067;
    protect((char *)code, 1, PROT_EXEC);
    expect_equal(call_code(code), 7);
    expect_killed(load_byte, (long)code);
    expect(!can_read((char *)code));
}

#define MANY 1000ul

/* Splitting and joining shows in what small objects take. */
static void protections_split_and_merge(void)
{
    unsigned long before, apart;
    char *start = map(2 * MANY, RW, MAP_PRIVATE);

    before = small_object_frames();
    for (unsigned long i = 0; i < 2 * MANY; i += 2)
        protect(start + i * PAGE_BYTES, 1, PROT_READ);
    apart = small_object_frames();
    expect(apart > before + (2 * MANY - 100) * 128 / PAGE_BYTES); /* some had room for a few */
    for (unsigned long i = 0; i < 2 * MANY; i += 2)
        expect(!can_write(start + i * PAGE_BYTES) && can_write(start + (i + 1) * PAGE_BYTES));
    protect(start, 2 * MANY, RW);
    expect(small_object_frames() <= before + 4);
}

/* Pages that this process alone has do not fault again when they are writable again. */
static void up_without_faults(void)
{
    struct vm_stats before, after;
    char *start = map(256, RW, MAP_PRIVATE);

    memset(start, 1, 256 * PAGE_BYTES);
    protect(start, 256, PROT_READ);
    protect(start, 256, RW);
    read_stats(&before);
    memset(start, 2, 256 * PAGE_BYTES);
    read_stats(&after);
    expect(after.fault_cow_reuse + after.fault_cow_copy + after.fault_spurious <
           before.fault_cow_reuse + before.fault_cow_copy + before.fault_spurious + 16);
}

/* Pages that are shared stay copy-on-write, whatever is said about them. */
static void up_keeps_copy_on_write(void)
{
    char *start = map(4, RW, MAP_PRIVATE);

    memset(start, 'p', 4 * PAGE_BYTES);
    sink = map(1, RW, MAP_PRIVATE)[0];
    int pid = fork();

    if (pid == 0) {
        protect(start, 4, PROT_READ);
        protect(start, 4, RW);
        memset(start, 'c', 4 * PAGE_BYTES);
        exit(0);
    }
    join(pid);
    expect(has_bytes(start, 4 * PAGE_BYTES, 'p'));
    char *zeros = map(2, PROT_READ, MAP_PRIVATE); /* the zero page, made writable */

    expect_equal(zeros[0], 0);
    protect(zeros, 2, RW);
    zeros[0] = 'z';
    expect_equal(map(1, PROT_READ, MAP_PRIVATE)[0], 0);
}

/* A shared mapping of a clean file page is not writable before the page is known to be dirty. */
static void up_of_a_file(void)
{
    char *ours;
    int fd;

    make_file("file", PAGES * PAGE_BYTES, 1);
    fd = open("file", O_RDWR);
    expect(fsync(fd) == 0);
    ours = mmap(NULL, PAGES * PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    expect(ours != MAP_FAILED);
    expect(filled(ours, PAGE_BYTES, 1));
    expect_killed(store_byte, (long)ours);
    protect(ours, PAGES, RW);
    memset(ours, 'f', PAGES * PAGE_BYTES);
    unmap(ours, PAGES);
    drop_caches();
    expect_equal(read(fd, block, PAGES * PAGE_BYTES), PAGES * PAGE_BYTES);
    expect(has_bytes(block, PAGES * PAGE_BYTES, 'f'));
}

/* No more than the file was opened for. */
static void open_modes_limit(void)
{
    make_file("file", PAGE_BYTES, 1);
    int reading = open("file", O_RDONLY), writing = open("file", O_WRONLY);
    char *start;

    expect_error(mmap(NULL, PAGE_BYTES, RW, MAP_SHARED, reading, 0), EACCES);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_WRITE, MAP_SHARED, reading, 0), EACCES);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, writing, 0), EACCES);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_WRITE, MAP_SHARED, writing, 0), EACCES);
    expect_error(mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE, writing, 0), EACCES);
    start = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, reading, 0);
    expect(start != MAP_FAILED);
    expect_error(mprotect(start, PAGE_BYTES, RW), EACCES);
    expect(filled(start, PAGE_BYTES, 1));
    start = mmap(NULL, PAGE_BYTES, RW, MAP_PRIVATE, reading, 0);
    expect(start != MAP_FAILED);
    start[0] = 1;
}

/* mprotect that cannot be done on all of the range is done on none of it. */
static void refused_changes_nothing(void)
{
    char *start = map(6, RW, MAP_PRIVATE);
    struct shape before;

    memset(start, 'a', 6 * PAGE_BYTES);
    unmap(start + 4 * PAGE_BYTES, 1);
    shape_read(&before);
    expect_error(mprotect(start, 6 * PAGE_BYTES, PROT_NONE), ENOMEM);
    expect_error(mprotect(start + 1, PAGE_BYTES, PROT_NONE), EINVAL);
    expect_error(mprotect(start, PAGE_BYTES, 8), EINVAL);
    expect_error(mprotect(start, PAGE_BYTES, -1), EINVAL);
    expect_error(mprotect(start, -1ul, PROT_NONE), ENOMEM);
    expect_error(mprotect((char *)-PAGE_BYTES, PAGE_BYTES, PROT_NONE), ENOMEM);
    expect_error(mprotect((char *)0xffffffc000000000, PAGE_BYTES, RW), ENOMEM);
    expect_error(mprotect(start + 5 * PAGE_BYTES, 1ul << 63, PROT_NONE), ENOMEM);
    expect_equal(mprotect(start, 0, PROT_NONE), 0);
    expect(shape_is(&before));
    memset(start, 'b', 4 * PAGE_BYTES);
}

/* What there is not memory for stays as it was, promises too. */
static void refused_for_memory(void)
{
    char *small = NULL, *huge;
    struct shape before;

    need_strictness();
    huge = map(1ul << 22, PROT_READ, MAP_PRIVATE | MAP_NORESERVE);
    unmap(huge, 1ul << 22);
    /* 16 areas of 1 MiB that would be charged, one after another, and a last one too many */
    for (unsigned long i = 0; i < 16; i++)
        small = map_at(huge + i * MIB, 256, i % 2 ? PROT_READ : PROT_READ | PROT_EXEC,
                       MAP_PRIVATE | MAP_FIXED);
    map_at(small + MIB, 1ul << 20, PROT_READ, MAP_PRIVATE | MAP_FIXED);
    shape_read(&before);
    expect_error(mprotect(huge, 15 * MIB + (1ul << 32), RW), ENOMEM);
    expect(shape_is(&before));
    expect(!can_write(huge));
}

const struct test mprotect_tests[] = {
    {"less_is_allowed", less_is_allowed, QUICK},
    {"none_keeps_content", none_keeps_content, QUICK},
    {"none_over_fork", none_over_fork, QUICK},
    {"write_brings_read", write_brings_read, QUICK},
    {"stored_code_runs", stored_code_runs, QUICK},
    {"code_without_read", code_without_read, QUICK},
    {"protections_split_and_merge", protections_split_and_merge, QUICK},
    {"up_without_faults", up_without_faults, QUICK},
    {"up_keeps_copy_on_write", up_keeps_copy_on_write, QUICK},
    {"up_of_a_file", up_of_a_file, QUICK},
    {"open_modes_limit", open_modes_limit, QUICK},
    {"refused_changes_nothing", refused_changes_nothing, QUICK},
    {"refused_for_memory", refused_for_memory, QUICK},
    {NULL, NULL, QUICK},
};
