/*
 * The end of memory and swap: who is refused, who is killed, what becomes of the others; who has to
 * make room for whom; swap that comes and goes.
 */
#include "paging.h"

#define DISK "swap"

static struct vm_stats before, after;

static unsigned long free_promises(void)
{
    read_stats(&after);
    return (unsigned long)(after.commit_limit - after.commit);
}

static void keep_data(long ends)
{
    char *mine = map(REGION, RW, MAP_PRIVATE);
    int *pipes = (int *)ends;

    fill_pages(mine, REGION, 5);
    tell(pipes[3]);
    listen(pipes[0]);
    verify_pages(mine, REGION, 5);
}

/* All memory and all swap in use: a call that needs more is refused, and nobody dies of it. */
static void full_swap_refuses(void)
{
    static int pipes[4];
    unsigned long pages;
    char *start, *old;

    need_pressure();
    need_strictness();
    expect(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
    int pid = spawn(keep_data, (long)pipes);

    listen(pipes[2]);
    pages = free_promises() - 64; /* some are tables */
    pages -= pages / 512;
    start = map(pages, RW, MAP_PRIVATE);
    for (unsigned long i = 0; i < pages; i++)
        *(unsigned long *)(start + i * PAGE_BYTES) = i;
    expect_error(fork(), ENOMEM);
    expect_error(mmap(NULL, 100 * PAGE_BYTES, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    old = sbrk(100 * PAGE_BYTES);
    expect(old == SBRK_ERROR && errno == ENOMEM);
    make_file("file", 100 * KIB, 3);
    verify_file("file", 100 * KIB, 3);
    for (unsigned long i = 0; i < pages; i++)
        expect_equal(*(unsigned long *)(start + i * PAGE_BYTES), i);
    tell(pipes[1]);
    join(pid);
}

/* With every promise given away, a read into memory that has none is refused: it does not wait. */
static void read_without_promise(void)
{
    char *start = map(REGION, RW, MAP_PRIVATE | MAP_NORESERVE);
    long done = PAGE_BYTES;
    int fd;

    need_strictness();
    make_file("file", PAGE_BYTES, 1);
    fd = open("file", O_RDONLY);
    for (unsigned long pages = free_promises(); pages > 0; pages /= 2)
        while (mmap(NULL, pages * PAGE_BYTES, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
            continue;
    /* A few pages may be left for it. */
    for (unsigned long i = 0; i < REGION && done == PAGE_BYTES; i++) {
        lseek(fd, 0, SEEK_SET);
        done = read(fd, start + i * PAGE_BYTES, PAGE_BYTES);
    }
    expect_error(done, ENOMEM);
    close(fd);
}

#define MARGIN 600ul /* promises that the greedy one leaves */
#define ASKERS 4
#define ASKED 250ul

static void take_unreserved(long fd)
{
    char *start = mmap(NULL, 1ul << 35, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    expect(start != MAP_FAILED);
    for (unsigned long i = 0; i % 64 != 0 || free_promises() > MARGIN; i++)
        start[i * PAGE_BYTES] = 1;
    tell((int)fd);
    sleep(1000000);
}

static void ask_for_more(long ends)
{
    int *pipes = (int *)ends;
    char *start = mmap(NULL, ASKED * PAGE_BYTES, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1, 0);

    expect(start != MAP_FAILED);
    listen(pipes[0]);
    fill_pages(start, ASKED, 9);
    verify_pages(start, ASKED, 9);
    listen(pipes[2]);
}

/*
 * Not who asks last is killed, but who has most of what was never reserved; and nobody else while
 * that comes back.
 */
static void greediest_is_killed(void)
{
    static int pipes[4], ends[2], asking[4];
    int keeper, greedy, status;

    need_pressure();
    expect(pipe(pipes) == 0 && pipe(pipes + 2) == 0 && pipe(ends) == 0 &&
           pipe(asking) == 0 && pipe(asking + 2) == 0);
    char *mine = map(REGION, RW, MAP_PRIVATE);

    fill_pages(mine, REGION, 3);
    keeper = spawn(keep_data, (long)pipes);
    listen(pipes[2]);
    for (int i = 0; i < ASKERS; i++)
        spawn(ask_for_more, (long)asking);
    greedy = spawn(take_unreserved, ends[1]);
    close(ends[1]);
    listen(ends[0]);
    for (int i = 0; i < ASKERS; i++)
        tell(asking[1]);
    expect_equal(wait(&status), greedy); /* the askers wait to be told */
    expect_equal(status, STATUS_KILLED);
    for (int i = 0; i < ASKERS; i++)
        tell(asking[3]);
    for (int i = 0; i < ASKERS; i++)
        expect(wait(&status) != keeper && status == 0);
    verify_pages(mine, REGION, 3);
    tell(pipes[1]);
    join(keeper);
}

#define ROUNDS 20
#define CALLERS 8
#define OBJECTS 4
#define CHILDREN 6
#define TABLES 4
#define FAR (4 * MIB)

/* Nearly all its pages are dirty: without a wait there is nothing to be dropped. */
static void write_without_end(long who)
{
    char name[3] = {'f', (char)('0' + who), '\0'};

    for (unsigned round = 0;; round++) {
        make_file(name, 200 * KIB, round);
        verify_file(name, 200 * KIB, round);
        drop_caches();
    }
}

static void take_byte(long fd)
{
    listen((int)fd);
}

/* Everything here needs frames of the kernel's own: for paths, inodes, pipes, tables, stacks. */
static void call_and_call(long who)
{
    char name[5] = {'d', (char)('0' + who), '/', 'a', '\0'}, bytes[CHILDREN] = {0};
    int files[OBJECTS], ends[OBJECTS][2];
    char *far = map(TABLES * FAR / PAGE_BYTES, RW, MAP_PRIVATE | MAP_NORESERVE);

    for (unsigned long i = 0; i < TABLES; i++)
        far[i * FAR] = 1;
    for (int round = 0; round < ROUNDS; round++) {
        name[2] = '\0';
        expect(mkdir(name) == 0);
        name[2] = '/';
        for (int i = 0; i < OBJECTS; i++) {
            name[3] = (char)('a' + i);
            expect((files[i] = open(name, O_CREATE | O_RDWR)) >= 0);
            expect(pipe(ends[i]) == 0);
            expect_equal(write(ends[i][1], bytes, CHILDREN), CHILDREN);
        }
        for (int i = 0; i < CHILDREN; i++)
            spawn(take_byte, ends[0][0]);
        join_all(CHILDREN, 0);
        for (int i = 0; i < OBJECTS; i++) {
            name[3] = (char)('a' + i);
            expect(close(files[i]) == 0 && close(ends[i][0]) == 0 && close(ends[i][1]) == 0);
            expect(unlink(name) == 0);
        }
        name[2] = '\0';
        expect(unlink(name) == 0);
    }
}

/* Swap has room, but all frames are taken whenever one is asked for: nobody is refused for that. */
static void calls_wait_for_frames(void)
{
    int others[4];

    need_pressure();
    for (int i = 0; i < 2; i++) {
        others[i] = spawn(store_without_end, (long)all_frames() / 2);
        others[2 + i] = spawn(write_without_end, i);
    }
    for (int i = 0; i < CALLERS; i++)
        spawn(call_and_call, i);
    join_all(CALLERS, 0);
    for (int i = 0; i < 4; i++)
        expect(kill(others[i]) == 0);
    join_all(4, STATUS_KILLED);
}

#define STREAM_PASSES 3
#define STREAM_BLOCKS (40 * MIB) /* so much of the file is on the disk; the rest: holes */

static void use_hot_pages(long address)
{
    unsigned long hot = all_frames() / 8;
    char *start = map(hot, RW, MAP_PRIVATE);
    volatile int *stop = (int *)address;
    unsigned long *refaults = (unsigned long *)(address + 8);

    fill_pages(start, hot, 1);
    verify_pages(start, hot, 1);
    own_stats(&before);
    *(volatile int *)(address + 4) = 1;
    while (!*stop)
        verify_pages(start, hot, 1);
    own_stats(&after);
    *refaults = (unsigned long)(after.refault - before.refault);
}

/* Who reads a big file from end to end makes room for itself, and not at another's cost. */
static void stream_spares_hot_pages(void)
{
    unsigned long bytes = all_frames() * PAGE_BYTES * 5 / 4, pages = bytes / PAGE_BYTES;
    unsigned long stored = bytes < STREAM_BLOCKS ? bytes : STREAM_BLOCKS;
    char *shared = map(1, RW, MAP_SHARED);
    int pid, fd;

    need_pressure();
    make_file("big", stored, 1);
    fd = open("big", O_RDWR);
    expect(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 && close(fd) == 0);
    pid = spawn(use_hot_pages, (long)shared);
    while (!*(volatile int *)(shared + 4))
        sleep(1);
    read_stats(&before);
    for (int pass = 0; pass < STREAM_PASSES; pass++) {
        fd = open("big", O_RDONLY);
        expect(fd >= 0);
        while (read(fd, block, sizeof(block)) > 0)
            ;
        expect(close(fd) == 0);
    }
    read_stats(&after);
    expect(after.file_read - before.file_read > STREAM_PASSES * stored / PAGE_BYTES / 2);
    expect(after.alloc_success - before.alloc_success > STREAM_PASSES * pages / 2);
    *(volatile int *)shared = 1;
    join(pid);
    unsigned long refaults = *(unsigned long *)(shared + 8);

    if (refaults > all_frames() / 8 / 8)
        fail("%lu refaults of %lu hot pages\n", refaults, all_frames() / 8);
}

/* Everything comes back from a disk that goes; the limit of promises goes and comes with it. */
static void swap_goes_and_comes(void)
{
    char *start = swapped_pages(REGION, 1);

    read_stats(&before);
    expect_equal(swapoff(DISK), 0);
    read_stats(&after);
    expect_equal(after.swap_slots, 0);
    expect_equal(after.swap_slots_used, 0);
    expect_equal(before.commit_limit - after.commit_limit, before.swap_slots);
    expect(swapoff(DISK) < 0);
    verify_pages(start, REGION, 1);
    expect_equal(count_present(start, REGION), REGION);
    expect_equal(swapon(DISK), 0);
    read_stats(&after);
    expect_equal(after.swap_slots, before.swap_slots);
    expect_equal(after.commit_limit, before.commit_limit);
    unmap(start, REGION);
    start = swapped_pages(REGION, 2);
    verify_pages(start, REGION, 2);
}

/* Memory is full of pages of a file: they make room for what comes back from swap. */
static void swapoff_finds_room(void)
{
    unsigned long pages = all_frames() / 4, bytes = all_frames() * PAGE_BYTES;

    need_pressure();
    need_swap(pages);
    char *start = map(pages, RW, MAP_SHARED);

    fill_pages(start, pages, 1);
    press_out(start, pages);
    make_file("big", bytes < STREAM_BLOCKS ? bytes : STREAM_BLOCKS, 1);
    sync();
    verify_file("big", bytes < STREAM_BLOCKS ? bytes : STREAM_BLOCKS, 1);
    expect_equal(swapoff(DISK), 0);
    verify_pages(start, pages, 1);
    expect_equal(swapon(DISK), 0);
}

static void verify_shared(long address)
{
    verify_pages((char *)address, REGION, 1);
}

/* The same while others fault on pages of shared memory, whose slots the object knows. */
static void swapoff_of_shared(void)
{
    need_pressure();
    need_swap(2 * REGION);
    char *start = map(REGION, RW, MAP_SHARED);

    fill_pages(start, REGION, 1);
    press_out(start, REGION);
    for (int i = 0; i < 4; i++)
        spawn(verify_shared, (long)start);
    expect_equal(swapoff(DISK), 0);
    join_all(4, 0);
    expect_equal(swapon(DISK), 0);
}

/* Refused while promises count on it, and while what is there does not fit into memory. */
static void swapoff_keeps_promises(void)
{
    need_swap(REGION);
    need_strictness();
    char *start = swapped_pages(REGION, 1);

    read_stats(&before);
    unsigned long pages = (unsigned long)(before.commit_limit - before.commit - before.swap_slots);
    char *promised_only = map(pages + 64, RW, MAP_PRIVATE);

    expect_error(swapoff(DISK), ENOMEM);
    read_stats(&after);
    expect_equal(after.swap_slots, before.swap_slots);
    expect_equal(after.commit_limit, before.commit_limit);
    verify_pages(start, REGION, 1);
    unmap(promised_only, pages + 64);
    expect_equal(swapoff(DISK), 0);
    expect_equal(swapon(DISK), 0);
    verify_pages(start, REGION, 1);
}

static void swap_refusals(void)
{
    need_swap(REGION);
    read_stats(&before);
    expect(swapon(DISK) < 0); /* is on */
    expect(swapon("fs") < 0); /* is no swap disk, and has files on it */
    expect(swapoff("fs") < 0);
    expect(swapon("no such disk") < 0 && swapoff("no such disk") < 0);
    expect(swapon("") < 0 && swapoff("") < 0);
    expect_error(swapon((char *)-PAGE_BYTES), EFAULT);
    expect_error(swapoff((char *)-PAGE_BYTES), EFAULT);
    read_stats(&after);
    expect_equal(after.swap_slots, before.swap_slots);
    expect_equal(after.commit_limit, before.commit_limit);
}

static void page_until_told(long address)
{
    char *start = map(REGION, RW, MAP_PRIVATE);

    expect(memlimit(QUOTA, -1) >= 0);
    for (unsigned i = 0; !*(volatile int *)address; i++) {
        fill_pages(start, REGION, i);
        verify_pages(start, REGION, i);
    }
}

/* While others page: they wait, or have no limit for a moment; their data is theirs. */
static void swapoff_while_paging(void)
{
    char *shared = map(1, RW, MAP_SHARED);

    need_swap(5 * REGION);
    for (int i = 0; i < 3; i++)
        spawn(page_until_told, (long)shared);
    for (int i = 0; i < 5; i++) {
        sleep(2);
        expect_equal(swapoff(DISK), 0);
        expect_equal(slots_in_use(), 0);
        sleep(1);
        expect_equal(swapon(DISK), 0);
    }
    *(volatile int *)shared = 1;
    join_all(3, 0);
}

static void run_and_expect(char **argv)
{
    char path[32] = "/";
    int pid = fork();

    expect(pid >= 0);
    if (pid == 0) {
        close(1);
        open("said", O_CREATE | O_WRONLY);
        exec(strcat(path, argv[0]), argv);
        exit(STATUS_FAILED);
    }
    join(pid);
}

static void everything_dirty(void)
{
    char *argv[] = {"dirtystress", "500", "1", NULL};

    need_pressure();
    run_and_expect(argv);
}

static void stress_on_swap(void)
{
    char megabytes[16];
    char *argv[] = {"swapstress", "6", megabytes, "1500", "1", NULL};

    need_pressure();
    snprintf(megabytes, sizeof(megabytes), "%lu", all_frames() / 256 * 5 / 4);
    run_and_expect(argv);
}

const struct test paging_limit_tests[] = {
    {"full_swap_refuses", full_swap_refuses, SLOW},
    {"read_without_promise", read_without_promise, QUICK},
    {"greediest_is_killed", greediest_is_killed, SLOW},
    {"calls_wait_for_frames", calls_wait_for_frames, QUICK},
    {"stream_spares_hot_pages", stream_spares_hot_pages, QUICK},
    {"swap_goes_and_comes", swap_goes_and_comes, QUICK},
    {"swapoff_finds_room", swapoff_finds_room, QUICK},
    {"swapoff_of_shared", swapoff_of_shared, SLOW},
    {"swapoff_keeps_promises", swapoff_keeps_promises, QUICK},
    {"swap_refusals", swap_refusals, QUICK},
    {"swapoff_while_paging", swapoff_while_paging, QUICK},
    {"everything_dirty", everything_dirty, QUICK},
    {"stress_on_swap", stress_on_swap, QUICK},
    {NULL, NULL, QUICK},
};
