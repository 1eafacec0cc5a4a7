/* Calls whose arguments are in swap: each pointer leads to pages that have to be brought back. */
#include "paging.h"

#define BYTES (REGION * PAGE_BYTES)

static void write_from_swap(void)
{
    char *start = swapped_pages(REGION, 1);
    int fd = open("file", O_CREATE | O_RDWR);

    expect_equal(write(fd, start, BYTES), BYTES);
    expect_equal(count_present(start, REGION), REGION);
    expect_equal(lseek(fd, 0, SEEK_SET), 0);
    expect_equal(read(fd, start, BYTES / 2), BYTES / 2);
    verify_pages(start, REGION, 1);
    expect(close(fd) == 0);
}

/* read() stores into them: what was there is replaced to the byte, and the slots are old. */
static void read_into_swap(void)
{
    make_file("file", BYTES, 7);
    char *start = swapped_pages(REGION, 1);
    unsigned long slots = slots_in_use();
    int fd = open("file", O_RDONLY);

    expect_equal(read(fd, start + 100, PAGE_BYTES), PAGE_BYTES); /* parts of two pages */
    expect(filled(start + 100, PAGE_BYTES, 7));
    expect_equal(slots_in_use(), slots - 2);
    expect_equal(read(fd, start + 2 * PAGE_BYTES, BYTES - 2 * PAGE_BYTES), BYTES - 2 * PAGE_BYTES);
    expect_equal(slots_in_use(), slots - REGION);
    for (unsigned i = 2; i < REGION; i++)
        expect(filled(start + i * PAGE_BYTES, PAGE_BYTES, 7 + i - 1));
    expect(close(fd) == 0);
}

static void feed_pipe(long fd)
{
    char *start = (char *)*(unsigned long *)block;

    expect_equal(write((int)fd, start, BYTES), BYTES);
}

/* More than the pipe holds, from swap and into swap, by two processes. */
static void pipe_through_swap(void)
{
    char *start = swapped_pages(2 * REGION, 1);
    unsigned long done = 0;
    int ends[2], pid;

    expect(pipe(ends) == 0);
    *(unsigned long *)block = (unsigned long)start;
    pid = spawn(feed_pipe, ends[1]);
    expect(close(ends[1]) == 0);
    while (done < BYTES) {
        long got = read(ends[0], start + BYTES + done, BYTES - done);

        expect(got > 0);
        done += (unsigned long)got;
    }
    join(pid);
    verify_pages(start + BYTES, REGION, 1);
    verify_pages(start, REGION, 1);
}

/* The same under a limit, which the buffers exceed: the kernel's copies evict, too. */
static void buffers_under_quota(void)
{
    need_swap(2 * REGION);
    limit_to(QUOTA_MIN);
    char *start = map(REGION, RW, MAP_PRIVATE);
    int fd = open("file", O_CREATE | O_RDWR);
    static struct vm_stats before, after;

    own_stats(&before);
    for (unsigned pass = 0; pass < 5; pass++) {
        fill_pages(start, REGION, pass);
        expect_equal(lseek(fd, 0, SEEK_SET), 0);
        expect_equal(write(fd, start, BYTES), BYTES);
        memset(start, 0, BYTES);
        expect_equal(lseek(fd, 0, SEEK_SET), 0);
        expect_equal(read(fd, start, BYTES), BYTES);
        verify_pages(start, REGION, pass);
    }
    own_stats(&after);
    expect(after.refault - before.refault >= 5 * 3 * (REGION - QUOTA_MIN));
    expect(close(fd) == 0);
}

/* Names, results and vectors of calls, each on a page of its own that is out. */
static void small_arguments(void)
{
    make_file("name", 100, 1);
    need_swap(REGION);
    limit_to(QUOTA);
    char *pages = map(8, RW, MAP_PRIVATE);
    struct stat *stat = (struct stat *)(pages + PAGE_BYTES);
    int *ends = (int *)(pages + 3 * PAGE_BYTES), fd, pid;
    int *status = (int *)(pages + 4 * PAGE_BYTES);
    unsigned char *present = (unsigned char *)pages + 5 * PAGE_BYTES;
    int *word = (int *)(pages + 6 * PAGE_BYTES);

    strcpy(pages + PAGE_BYTES - 2, "name"); /* goes on on the next page */
    for (int i = 2; i < 8; i++)
        pages[(unsigned long)i * PAGE_BYTES] = 1;
    push_out();
    expect_equal(count_present(pages, 8), 0);
    fd = open(pages + PAGE_BYTES - 2, O_RDWR);
    expect(fd >= 0);
    push_out();
    expect(fstat(fd, stat) == 0);
    push_out();
    expect(stat->size == 100 && stat->type == T_FILE);
    expect(pipe(ends) == 0);
    pid = fork();
    if (pid == 0)
        exit(55);
    push_out();
    expect_equal(wait(status), pid);
    push_out();
    expect_equal(*status, 55);
    expect_equal(mincore(pages, 4 * PAGE_BYTES, present), 0);
    push_out();
    expect_equal(present[0], 0);
    expect_error(futex_wait(word, 7), EAGAIN); /* compares with what is there: 1 */
    expect(procinfo((struct proc_info *)(pages + 7 * PAGE_BYTES), 1) == 1);
    expect(close(fd) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
}

/* exec reads a path, a vector and strings that are all out. */
static void exec_arguments_in_swap(void)
{
    int ends[2], pid;

    need_swap(REGION);
    expect(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        limit_to(QUOTA);
        char *pages = map(4, RW, MAP_PRIVATE);
        char **argv = (char **)(pages + PAGE_BYTES);

        strcpy(pages + 10, "/echo");
        argv[0] = pages + 10;
        argv[1] = pages + 2 * PAGE_BYTES + 7;
        argv[2] = pages + 3 * PAGE_BYTES - 3;
        argv[3] = NULL;
        strcpy(argv[1], "first");
        strcpy(argv[2], "second"); /* begins on one page and ends on the next */
        close(1);
        dup(ends[1]);
        push_out();
        if (count_present(pages, 4) == 0)
            exec(pages + 10, argv);
        exit(STATUS_FAILED);
    }
    join(pid);
    expect_equal(read(ends[0], block, 100), 13);
    expect(memcmp(block, "first second\n", 13) == 0);
}

const struct test swap_call_tests[] = {
    {"write_from_swap", write_from_swap, QUICK},
    {"read_into_swap", read_into_swap, QUICK},
    {"pipe_through_swap", pipe_through_swap, QUICK},
    {"buffers_under_quota", buffers_under_quota, QUICK},
    {"small_arguments", small_arguments, QUICK},
    {"exec_arguments_in_swap", exec_arguments_in_swap, QUICK},
    {NULL, NULL, QUICK},
};
