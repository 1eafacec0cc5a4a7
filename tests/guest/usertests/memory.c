/* The break, and the promises behind it. */
#include "test.h"

static void touch(long address)
{
    *(volatile char *)address = 1;
}

static void look(long address)
{
    sink = *(volatile char *)address;
}

static char *sbrk_by(long bytes)
{
    return (char *)call(SYS_sbrk, bytes, SBRK_EAGER, 0, 0, 0, 0);
}

static void sbrk_grows(void)
{
    char *start = sbrk(0);

    for (int i = 0; i < 300; i++) {
        expect(sbrk(100) == start + i * 100);
        start[i * 100 + 99] = (char)i;
    }
    for (int i = 0; i < 300; i++)
        expect_equal(start[i * 100 + 99], (char)i);
    expect(sbrk(0) == start + 30000);
}

/* The break may be any byte; what lies above it faults from the next page on. */
static void sbrk_to_a_byte(void)
{
    char *start = grow(PAGE_BYTES);

    expect((unsigned long)start % PAGE_BYTES == 0); /* where the heap starts */
    grow(1);
    start[PAGE_BYTES] = 'a';
    expect_killed(touch, (long)start + 2 * PAGE_BYTES);
    expect(sbrk(-1) == start + PAGE_BYTES + 1);
    expect_killed(touch, (long)start + PAGE_BYTES);
    expect(sbrk(-1) == start + PAGE_BYTES);
    start[PAGE_BYTES - 2] = 'b';
}

static void sbrk_gives_back(void)
{
    char *start = grow(64 * PAGE_BYTES);

    memset(start, 'x', 64 * PAGE_BYTES);
    expect(sbrk(-32 * (int)PAGE_BYTES) == start + 64 * PAGE_BYTES);
    expect_killed(look, (long)start + 32 * PAGE_BYTES);
    expect_killed(touch, (long)start + 63 * PAGE_BYTES);
    expect_equal(start[32 * PAGE_BYTES - 1], 'x');
    grow(32 * PAGE_BYTES);
    for (unsigned long i = 32 * PAGE_BYTES; i < 64 * PAGE_BYTES; i++)
        expect_equal(start[i], 0); /* fresh, not what it was */
    for (unsigned long i = 0; i < 32 * PAGE_BYTES; i++)
        expect_equal(start[i], 'x');
}

static void sbrk_returns_frames(void)
{
    struct vm_stats full, empty;
    char *start = grow(2 * MIB);

    memset(start, 1, 2 * MIB);
    read_stats(&full);
    expect(sbrk(-(int)(2 * MIB)) == start + 2 * MIB);
    read_stats(&empty);
    expect(empty.frames[FRAME_ANON] + 500 < full.frames[FRAME_ANON]);
    expect(empty.commit + 500 < full.commit);
}

static void sbrk_below_the_heap(void)
{
    char *start = sbrk(0);

    expect(sbrk(-1) == SBRK_ERROR);
    expect(sbrk(-(int)PAGE_BYTES) == SBRK_ERROR);
    grow(10);
    expect(sbrk(-11) == SBRK_ERROR);
    sbrk_by(-0x7fffffffffffffff); /* xv6 gives the old break for what would wrap around; */
    sbrk_by(-(long)start - 11);    /* what matters is that nothing changes */
    expect(sbrk(-10) == start + 10);
    expect(sbrk(0) == start);
}

static void sbrk_huge(void)
{
    static const long sizes[] = {1l << 56, 1l << 62, 0x7fffffffffffffff, 1l << 57};
    char *start = sbrk(0);

    for (int i = 0; i < 4; i++) {
        expect((long)sbrk_by(sizes[i]) < 0);
        expect((long)call(SYS_sbrk, sizes[i], SBRK_LAZY, 0, 0, 0, 0) < 0);
    }
    expect(sbrk(0) == start);
    grow(PAGE_BYTES)[0] = 1;
}

static void need_strictness(void)
{
    if ((long)sbrk_by(1l << 36) > 0)
        skip("this machine promises everything");
}

/* What cannot be backed is refused then and there. */
static void sbrk_is_strict(void)
{
    need_strictness();
    expect_equal((long)sbrk_by(1l << 36), -ENOMEM);
    grow(PAGE_BYTES)[0] = 1;
}

/* Grows by ever smaller steps until nothing is left. */
static unsigned long take_everything(void)
{
    unsigned long bytes = 0;

    for (unsigned long step = 64 * MIB; step >= PAGE_BYTES; step /= 2)
        while ((long)sbrk_by((long)step) > 0)
            bytes += step;
    return bytes;
}

static int limit_pipe[2];

static void report_limit(long unused)
{
    unsigned long bytes = take_everything();

    (void)unused;
    expect_equal(write(limit_pipe[1], &bytes, sizeof(bytes)), sizeof(bytes));
}

static void limit_is_constant(void)
{
    unsigned long first = 0, again = 0;

    need_strictness();
    expect(pipe(limit_pipe) == 0);
    join(spawn(report_limit, 0));
    expect_equal(read(limit_pipe[0], &first, sizeof(first)), sizeof(first));
    make_file("cached", MIB, 1); /* cache is not charged */
    for (int i = 0; i < 3; i++) {
        join(spawn(report_limit, 0));
        expect_equal(read(limit_pipe[0], &again, sizeof(again)), sizeof(again));
        expect_equal(again, first);
    }
}

/* All that was granted can be used, every page at once. */
static void promises_are_kept(void)
{
    unsigned long bytes;
    char *start = sbrk(0);

    need_strictness();
    bytes = take_everything();
    for (unsigned long i = 0; i < bytes; i += PAGE_BYTES)
        start[i] = (char)(i >> 12);
    for (unsigned long i = 0; i < bytes; i += PAGE_BYTES)
        expect_equal(start[i], (char)(i >> 12));
}

/* When everything is promised, others are refused, and nobody is killed. */
static void refusal_is_an_error(void)
{
    int forked;

    need_strictness();
    take_everything();
    forked = fork();
    if (forked == 0)
        exit(0);
    expect_equal(forked, -1);
    expect_equal(errno, ENOMEM);
    expect(sbrk(-(int)(4 * MIB)) != SBRK_ERROR);
    make_file("file", 100 * KIB, 3);
    verify_file("file", 100 * KIB, 3);
}

/* fork charges all that the child could write to. */
static void fork_is_charged(void)
{
    struct vm_stats stats;
    int pid;

    need_strictness();
    read_stats(&stats);
    grow((long)((stats.commit_limit - stats.commit) * 3 / 4 * PAGE_BYTES));
    pid = fork();
    if (pid == 0)
        exit(0);
    expect_equal(pid, -1);
    expect_equal(errno, ENOMEM);
}

static void grow_and_die(long unused)
{
    (void)unused;
    grow(MIB);
    kill(getpid());
}

/* What a killed process had been promised is there again for others. */
static void commit_comes_back(void)
{
    struct vm_stats before, after;

    read_stats(&before);
    for (int i = 0; i < 5; i++)
        expect_killed(grow_and_die, 0);
    for (int i = 0; i < 30; i++) { /* the last of a dead process may go a little later */
        read_stats(&after);
        if (after.commit == before.commit)
            return;
        sleep(1);
    }
    expect_equal(after.commit, before.commit);
}

static void lazy_costs_nothing(void)
{
    struct vm_stats before, after;

    read_stats(&before);
    char *start = sbrklazy(1 << 30);

    expect(start != SBRK_ERROR);
    read_stats(&after);
    expect(after.commit < before.commit + 1000);
    for (unsigned long i = 0; i < 1ul << 30; i += 1ul << 26)
        start[i] = 'l';
    for (unsigned long i = 0; i < 1ul << 30; i += 1ul << 26)
        expect(start[i] == 'l' && start[i + PAGE_BYTES] == 0);
    expect(sbrk(-(1 << 30)) == start + (1ul << 30));
    expect_killed(look, (long)start);
}

static void use_too_much(long unused)
{
    (void)unused;
    for (int i = 0; i < 64; i++) {
        char *start = sbrklazy(1 << 30);

        expect(start != SBRK_ERROR);
        for (unsigned long at = 0; at < 1ul << 30; at += PAGE_BYTES)
            start[at] = 1;
    }
}

/* Only who took more than there is dies; another's memory and files are as they were. */
static void lazy_beyond_memory(void)
{
    char *mine = grow(64 * PAGE_BYTES);

    fill(mine, 64 * PAGE_BYTES, 77);
    expect_killed(use_too_much, 0);
    expect(filled(mine, 64 * PAGE_BYTES, 77));
    make_file("after", 64 * KIB, 4);
    verify_file("after", 64 * KIB, 4);
}

static void lazy_beside_eager(void)
{
    expect(sbrklazy(0) == sbrk(0));
    char *lazy = sbrklazy(3 * (int)PAGE_BYTES), *eager = grow(3 * PAGE_BYTES);

    expect(eager == lazy + 3 * PAGE_BYTES);
    lazy[2 * PAGE_BYTES] = 'z';
    eager[0] = 'e';
    expect(lazy[0] == 0 && lazy[2 * PAGE_BYTES] == 'z' && eager[0] == 'e' && eager[1] == 0);
    expect(sbrk(-4 * (int)PAGE_BYTES) == lazy + 6 * PAGE_BYTES); /* parts of both go */
    expect_killed(look, (long)lazy + 2 * PAGE_BYTES);
    lazy[PAGE_BYTES] = 'y';
}

const struct test memory_tests[] = {
    {"sbrk_grows", sbrk_grows, QUICK},
    {"sbrk_to_a_byte", sbrk_to_a_byte, QUICK},
    {"sbrk_gives_back", sbrk_gives_back, QUICK},
    {"sbrk_returns_frames", sbrk_returns_frames, QUICK},
    {"sbrk_below_the_heap", sbrk_below_the_heap, QUICK},
    {"sbrk_huge", sbrk_huge, QUICK},
    {"sbrk_is_strict", sbrk_is_strict, QUICK},
    {"limit_is_constant", limit_is_constant, QUICK},
    {"promises_are_kept", promises_are_kept, SLOW},
    {"refusal_is_an_error", refusal_is_an_error, QUICK},
    {"fork_is_charged", fork_is_charged, QUICK},
    {"commit_comes_back", commit_comes_back, QUICK},
    {"lazy_costs_nothing", lazy_costs_nothing, QUICK},
    {"lazy_beyond_memory", lazy_beyond_memory, QUICK},
    {"lazy_beside_eager", lazy_beside_eager, QUICK},
    {NULL, NULL, QUICK},
};
