/* Copy-on-write after fork: counters show what was copied, bytes that nobody sees another's. */
#include "test.h"

#define PAGES 64

static char *area; /* of the test, before it forks */

static void nothing(long unused)
{
    (void)unused;
}

static void start_area(unsigned long bytes, unsigned seed)
{
    area = grow((long)bytes);
    fill(area, bytes, seed);
}

/* Pages of memory that is not looked at are neither copied nor allocated. */
static void fork_copies_no_page(void)
{
    struct vm_stats before, after;
    unsigned long bytes = 16 * MIB;

    need_memory(2 * bytes + MIB);
    area = grow((long)bytes);
    for (unsigned long i = 0; i < bytes; i += PAGE_BYTES)
        area[i] = 1;
    join(spawn(nothing, 0));
    read_stats(&before);
    join(spawn(nothing, 0));
    read_stats(&after);
    expect(after.fault_cow_copy - before.fault_cow_copy < 16);
    expect(after.alloc_success - before.alloc_success < 100);
}

static void write_as_child(long unused)
{
    (void)unused;
    expect(filled(area, PAGES * PAGE_BYTES, 1));
    fill(area, PAGES * PAGE_BYTES, 2);
    sleep(1);
    expect(filled(area, PAGES * PAGE_BYTES, 2));
}

static void child_writes_for_itself(void)
{
    struct vm_stats before, after;

    start_area(PAGES * PAGE_BYTES, 1);
    read_stats(&before);
    join(spawn(write_as_child, 0));
    read_stats(&after);
    expect(filled(area, PAGES * PAGE_BYTES, 1));
    expect(after.fault_cow_copy - before.fault_cow_copy >= PAGES);
}

static int ends[2];

static void check_later(long unused)
{
    (void)unused;
    listen(ends[0]);
    expect(filled(area, PAGES * PAGE_BYTES, 1));
}

static void parent_writes_for_itself(void)
{
    start_area(PAGES * PAGE_BYTES, 1);
    expect(pipe(ends) == 0);
    int pid = spawn(check_later, 0);

    fill(area, PAGES * PAGE_BYTES, 3);
    tell(ends[1]);
    join(pid);
    expect(filled(area, PAGES * PAGE_BYTES, 3));
}

/* Who is left alone with a page takes it over. */
static void last_owner_reuses(void)
{
    struct vm_stats before, after;

    start_area(PAGES * PAGE_BYTES, 1);
    join(spawn(nothing, 0));
    read_stats(&before);
    for (int i = 0; i < PAGES; i++)
        area[(unsigned long)i * PAGE_BYTES] ^= 1;
    read_stats(&after);
    expect(after.fault_cow_reuse - before.fault_cow_reuse >= PAGES);
    expect(after.fault_cow_copy - before.fault_cow_copy < 8);
}

static void each_generation(long depth)
{
    unsigned seed = (unsigned)(100 - depth);

    expect(filled(area, PAGES * PAGE_BYTES, seed));
    if (depth == 0)
        return;
    fill(area, PAGES * PAGE_BYTES, seed + 1);
    int pid = spawn(each_generation, depth - 1);

    expect(filled(area, PAGES * PAGE_BYTES, seed + 1));
    join(pid);
    expect(filled(area, PAGES * PAGE_BYTES, seed + 1));
}

static void grandchildren(void)
{
    start_area(PAGES * PAGE_BYTES, 92);
    each_generation(8);
}

static void sibling(long seed)
{
    expect(filled(area, PAGES * PAGE_BYTES, 1));
    for (int i = (int)seed % 3; i < PAGES; i += 3)
        fill(area + (unsigned long)i * PAGE_BYTES, PAGE_BYTES, (unsigned)seed);
    sleep(1);
    for (int i = (int)seed % 3; i < PAGES; i += 3)
        expect(filled(area + (unsigned long)i * PAGE_BYTES, PAGE_BYTES, (unsigned)seed));
}

static void siblings(void)
{
    start_area(PAGES * PAGE_BYTES, 1);
    int count = processes(16);

    for (int i = 0; i < count; i++)
        spawn(sibling, 1000 + i);
    join_all(count, 0);
    expect(filled(area, PAGES * PAGE_BYTES, 1));
}

static void read_into_area(long unused)
{
    int fd = open("file", O_RDONLY);

    (void)unused;
    expect_equal(read(fd, area, PAGES * PAGE_BYTES), PAGES * PAGE_BYTES);
    for (unsigned i = 0; i < PAGES; i++)
        expect(filled(area + i * PAGE_BYTES, PAGE_BYTES, 50 + i));
}

/* The kernel too must copy before it writes. */
static void kernel_writes_to_a_copy(void)
{
    make_file("file", PAGES * PAGE_BYTES, 50);
    start_area(PAGES * PAGE_BYTES, 1);
    join(spawn(read_into_area, 0));
    expect(filled(area, PAGES * PAGE_BYTES, 1));
}

static void receive_into_area(long unused)
{
    (void)unused;
    for (int i = 0; i < PAGES; i++)
        expect_equal(read(ends[0], area + (unsigned long)i * PAGE_BYTES + 100, 8), 8);
    expect(memcmp(area + 100, "received", 8) == 0);
}

static void pipe_writes_to_a_copy(void)
{
    start_area(PAGES * PAGE_BYTES, 1);
    expect(pipe(ends) == 0);
    int pid = spawn(receive_into_area, 0);

    for (int i = 0; i < PAGES; i++)
        expect_equal(write(ends[1], "received", 8), 8);
    join(pid);
    expect(filled(area, PAGES * PAGE_BYTES, 1));
}

/* A call's results in a page that is shared: the child's status goes to the parent only. */
static void wait_writes_to_a_copy(void)
{
    int *status = (int *)(void *)grow(PAGE_BYTES);

    *status = 5;
    expect(pipe(ends) == 0);
    int watcher = fork();

    if (watcher == 0) {
        listen(ends[0]);
        exit(*status);
    }
    int child = fork();

    if (child == 0)
        exit(9);
    expect_equal(wait(status), child);
    expect_equal(*status, 9);
    tell(ends[1]);
    expect_equal(wait_for(watcher), 5);
}

/* The zero page stays shared over fork, and is still nobody's. */
static void zero_page_and_fork(void)
{
    area = grow(PAGES * PAGE_BYTES);
    for (int i = 0; i < PAGES; i++)
        sink += area[(unsigned long)i * PAGE_BYTES];
    for (int n = 0; n < 3; n++) {
        int pid = fork();

        if (pid == 0) {
            memset(area, 'c', PAGES * PAGE_BYTES);
            exit(0);
        }
        join(pid);
    }
    for (unsigned long i = 0; i < PAGES * PAGE_BYTES; i++)
        expect_equal(area[i], 0);
}

static char data[4 * PAGE_BYTES] = {[0] = 'd', [3 * PAGE_BYTES] = 'e'};

static void write_data(long unused)
{
    (void)unused;
    memset(data, 'w', sizeof(data));
}

/* Initialised data, read from the program's file, before and after it was written to. */
static void data_after_fork(void)
{
    join(spawn(write_data, 0));
    expect(data[0] == 'd' && data[1] == 0 && data[3 * PAGE_BYTES] == 'e');
    data[1] = 'f';
    join(spawn(write_data, 0));
    expect(data[0] == 'd' && data[1] == 'f' && data[3 * PAGE_BYTES] == 'e');
}

static void write_deep(long value)
{
    volatile char room[5 * PAGE_BYTES];

    for (unsigned long i = 0; i < sizeof(room); i += 512)
        room[i] = (char)value;
    sleep(1);
    for (unsigned long i = 0; i < sizeof(room); i += 512)
        expect_equal(room[i], (char)value);
}

static void stacks_are_private(void)
{
    int count = processes(8);

    for (int i = 0; i < count; i++)
        spawn(write_deep, i + 1);
    join_all(count, 0);
}

/* The child execs and goes; the parent has the pages back for itself. */
static void exec_lets_go(void)
{
    static char *argv[] = {"true", NULL};
    struct vm_stats before, after;

    start_area(PAGES * PAGE_BYTES, 1);
    int pid = fork();

    if (pid == 0) {
        exec("/true", argv);
        exit(STATUS_FAILED);
    }
    join(pid);
    read_stats(&before);
    fill(area, PAGES * PAGE_BYTES, 2);
    read_stats(&after);
    expect(after.fault_cow_copy - before.fault_cow_copy < 8);
    expect(filled(area, PAGES * PAGE_BYTES, 2));
}

/* A tree of processes, all writing to the same addresses while others fork and exit. */
static void branch(long depth)
{
    unsigned seed = (unsigned)getpid();

    for (int i = 0; i < 16; i++)
        fill(area + (unsigned long)i * PAGE_BYTES, 256, seed + (unsigned)i);
    if (depth > 0) {
        spawn(branch, depth - 1);
        spawn(branch, depth - 1);
    }
    for (int i = 0; i < 16; i++)
        expect(filled(area + (unsigned long)i * PAGE_BYTES, 256, seed + (unsigned)i));
    if (depth > 0)
        join_all(2, 0);
    for (int i = 0; i < 16; i++)
        expect(filled(area + (unsigned long)i * PAGE_BYTES, 256, seed + (unsigned)i));
}

static void fork_tree(void)
{
    area = grow(16 * PAGE_BYTES);
    for (int round = 0; round < 4; round++)
        branch(3);
}

/* The parent writes while children come and go: translations of other harts must not be stale. */
static void writes_during_forks(void)
{
    start_area(8 * PAGE_BYTES, 1);
    for (unsigned round = 0; round < 60; round++) {
        int pid = fork();

        expect(pid >= 0);
        if (pid == 0) {
            char byte = area[0];

            for (int i = 0; i < 200; i++)
                expect(area[0] == byte);
            exit(0);
        }
        for (unsigned i = 0; i < 50; i++)
            area[0] = (char)(round + i);
        expect_equal(area[0], (char)(round + 49));
        join(pid);
    }
}

static void wait_for_nothing(long unused)
{
    (void)unused;
}

/* More ranges lose their write permission than the checker of SAN=1 lists one by one. */
static void fork_of_many_ranges(void)
{
    unsigned long pages = 2 * 5000;

    need_memory(pages * PAGE_BYTES);
    area = grow((long)(pages * PAGE_BYTES));
    for (unsigned long i = 0; i < pages; i += 2)
        area[i * PAGE_BYTES] = 1;
    for (char round = 1; round < 3; round++) {
        join(spawn(wait_for_nothing, 0));
        for (unsigned long i = 0; i < pages; i += 2)
            expect_equal(area[i * PAGE_BYTES]++, round);
    }
}

const struct test cow_tests[] = {
    {"fork_copies_no_page", fork_copies_no_page, QUICK},
    {"child_writes_for_itself", child_writes_for_itself, QUICK},
    {"parent_writes_for_itself", parent_writes_for_itself, QUICK},
    {"last_owner_reuses", last_owner_reuses, QUICK},
    {"grandchildren", grandchildren, QUICK},
    {"siblings", siblings, QUICK},
    {"kernel_writes_to_a_copy", kernel_writes_to_a_copy, QUICK},
    {"pipe_writes_to_a_copy", pipe_writes_to_a_copy, QUICK},
    {"wait_writes_to_a_copy", wait_writes_to_a_copy, QUICK},
    {"zero_page_and_fork", zero_page_and_fork, QUICK},
    {"data_after_fork", data_after_fork, QUICK},
    {"stacks_are_private", stacks_are_private, QUICK},
    {"exec_lets_go", exec_lets_go, QUICK},
    {"fork_tree", fork_tree, QUICK},
    {"writes_during_forks", writes_during_forks, QUICK},
    {"fork_of_many_ranges", fork_of_many_ranges, QUICK},
    {NULL, NULL, QUICK},
};
