/* memlimit(): how many private pages a process may have in memory, and which of them goes. */
#include "paging.h"

static struct vm_stats before, after;

/* What is refused changes nothing. */
static void quota_refusals(void)
{
    static const int frames[] = {1, 2, QUOTA_MIN - 1, -2, -100, -0x7fffffff - 1};
    static const int policies[] = {-2, 1000, 0x7fffffff, -0x7fffffff - 1};

    expect_equal(memlimit(20, POLICY_FIFO), 0);
    for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        expect_error(memlimit(frames[i], -1), EINVAL);
    for (unsigned i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        expect_error(memlimit(30, policies[i]), EINVAL);
    expect_equal(memlimit(-1, -1), 20);
}

static void quota_is_told(void)
{
    expect_equal(memlimit(-1, -1), 0);
    expect_equal(memlimit(QUOTA_MIN, -1), 0);
    expect_equal(memlimit(100, POLICY_CLOCK), QUOTA_MIN);
    expect_equal(memlimit(-1, POLICY_LRU), 100);
    expect_equal(memlimit(-1, -1), 100);
    expect_equal(memlimit(0, -1), 100);
    expect_equal(memlimit(-1, -1), 0);
}

static void print_limit(long out)
{
    char *argv[] = {"limit", NULL};

    expect_equal(memlimit(-1, -1), 20);
    close(1);
    expect_equal(dup((int)out), 1);
    exec("/limit", argv);
    expect(!"there is /limit");
}

/* fork passes it on, and so does exec: `limit` prints what it finds. */
static void quota_is_inherited(void)
{
    int ends[2];

    expect(pipe(ends) == 0);
    expect_equal(memlimit(20, -1), 0);
    join(spawn(print_limit, ends[1]));
    expect_equal(read(ends[0], block, 10), 3);
    expect(memcmp(block, "20\n", 3) == 0);
}

static void work_for_ever(long address)
{
    for (unsigned i = 0;; i++)
        *(volatile unsigned *)(address + i % REGION * PAGE_BYTES) = i;
}

static void expect_at_most(int pid, unsigned long frames)
{
    expect_equal(vmstat(pid, &after, 0), 0);
    if (after.resident > frames)
        fail("process %d has %lu pages in memory, not %lu at most\n", pid,
             (unsigned long)after.resident, frames);
}

/* However hard it works: the number of frames never rises above the limit. */
static void quota_holds(void)
{
    need_swap(2 * REGION);
    char *start = map(REGION, RW, MAP_PRIVATE);

    fill_pages(start, REGION, 1);
    expect(memlimit(QUOTA, -1) == 0);
    expect_at_most(getpid(), QUOTA); /* those that were too many have gone */
    verify_pages(start, REGION, 1);
    expect_at_most(getpid(), QUOTA);
    int pid = spawn(work_for_ever, (long)start);

    for (int i = 0; i < 300; i++) {
        expect_at_most(pid, QUOTA);
        sink = start[i % REGION * PAGE_BYTES]; /* the parent keeps to its own limit */
        expect_at_most(getpid(), QUOTA);
    }
    kill(pid);
    expect_equal(wait_for(pid), STATUS_KILLED);
    verify_pages(start, REGION, 1);
}

/* A walk over more pages than the limit, first in first out, misses each time, to the digit. */
static void refaults_are_counted(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);

    own_stats(&before);
    fill_pages(start, REGION, 1);
    own_stats(&after);
    expect_equal(after.refault - before.refault, 0); /* they come for the first time */
    expect_equal(after.pgout - before.pgout, REGION - QUOTA);
    expect_equal(after.evict_dirty - before.evict_dirty, REGION - QUOTA);
    for (int pass = 0; pass < 3; pass++) {
        own_stats(&before);
        verify_pages(start, REGION, 1);
        own_stats(&after);
        expect_equal(after.refault - before.refault, REGION);
        expect_equal(after.fault_swap - before.fault_swap, REGION);
        expect_equal(after.pgin - before.pgin, REGION);
    }
    own_stats(&before);
    verify_pages(start + (REGION - QUOTA) * PAGE_BYTES, QUOTA, 1 + REGION - QUOTA);
    own_stats(&after);
    expect_equal(after.refault - before.refault, 0); /* the last ones are there */
}

/*
 * The same counters, for the machine as for the process. Nobody else pages, for memory is not
 * short: both rise by the same.
 */
static void counters_agree(void)
{
    static struct vm_stats all_before, all_after;

    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);

    read_stats(&all_before);
    own_stats(&before);
    fill_pages(start, REGION, 1);
    verify_pages(start, REGION, 1);
    own_stats(&after);
    read_stats(&all_after);
    expect_equal(after.refault - before.refault, REGION);
    expect_equal(all_after.refault - all_before.refault, REGION);
    expect_equal(after.fault_swap - before.fault_swap, REGION);
    expect_equal(all_after.fault_swap - all_before.fault_swap, REGION);
    expect_equal(after.fault_zero - before.fault_zero, REGION);
    expect_equal(all_after.fault_zero - all_before.fault_zero, REGION);
    expect_equal(after.pgin - before.pgin, REGION);
    expect_equal(all_after.pgin - all_before.pgin, REGION);
    expect_equal(after.pgout - before.pgout, REGION);
    expect_equal(all_after.pgout - all_before.pgout, REGION);
    expect_equal(after.evict_dirty - before.evict_dirty, REGION);
    expect_equal(all_after.evict_dirty - all_before.evict_dirty, REGION);
    expect_equal(after.evict_clean - before.evict_clean, REGION - QUOTA);
    expect_equal(all_after.evict_clean - all_before.evict_clean, REGION - QUOTA);
    expect_equal(all_after.scan - all_before.scan, 2 * REGION - QUOTA); /* fifo looks at no other */
}

static void lifted_limit(void)
{
    char *start = swapped_pages(REGION, 1);

    verify_pages(start, REGION, 1);
    expect_equal(count_present(start, REGION), REGION);
    own_stats(&before);
    for (int pass = 0; pass < 5; pass++)
        verify_pages(start, REGION, 1);
    own_stats(&after);
    expect_equal(after.refault - before.refault, 0);
}

/* Pages of files and the zero page are nobody's own. */
static void quota_of_private_pages(void)
{
    need_swap(REGION);
    make_file("file", REGION * PAGE_BYTES, 1);
    limit_to(QUOTA_MIN);
    char *file = map_file("file", REGION, RW, MAP_SHARED);
    char *zeros = map(REGION, RW, MAP_PRIVATE);
    char *shared = map(REGION, RW, MAP_SHARED);
    char *own = map(QUOTA_MIN, RW, MAP_PRIVATE);

    fill_pages(own, QUOTA_MIN, 1);
    own_stats(&before);
    for (unsigned long i = 0; i < REGION; i++) {
        file[i * PAGE_BYTES] = 'f';
        shared[i * PAGE_BYTES] = 's';
        expect_equal(zeros[i * PAGE_BYTES], 0);
    }
    verify_pages(own, QUOTA_MIN, 1);
    own_stats(&after);
    expect_equal(after.refault - before.refault, 0);
    expect_equal(after.pgout - before.pgout, 0);
    expect_equal(count_present(own, QUOTA_MIN), QUOTA_MIN);
}

static void locked_pages_stay(void)
{
    need_swap(REGION);
    limit_to(QUOTA_MIN);
    char *locked = map(2 * QUOTA_MIN, RW, MAP_PRIVATE);
    char *others = map(REGION, RW, MAP_PRIVATE);

    expect_equal(mlock(locked, 2 * QUOTA_MIN * PAGE_BYTES), 0);
    fill_pages(locked, 2 * QUOTA_MIN, 7);
    fill_pages(others, REGION, 1);
    verify_pages(others, REGION, 1);
    expect_equal(count_present(locked, 2 * QUOTA_MIN), 2 * QUOTA_MIN);
    own_stats(&before);
    verify_pages(locked, 2 * QUOTA_MIN, 7);
    own_stats(&after);
    expect_equal(after.refault - before.refault, 0);
    expect_equal(munlock(locked, 2 * QUOTA_MIN * PAGE_BYTES), 0);
    push_out();
    expect_equal(count_present(locked, 2 * QUOTA_MIN), 0); /* now they may go */
    expect_equal(mlock(locked, 2 * QUOTA_MIN * PAGE_BYTES), 0);
    expect_equal(count_present(locked, 2 * QUOTA_MIN), 2 * QUOTA_MIN); /* and are brought back */
    verify_pages(locked, 2 * QUOTA_MIN, 7);
}

#define MANY 400ul /* more than a small quota has room to note */

static void lock_and_unlock_many(long ends)
{
    int *pipes = (int *)ends;
    char *start = map(MANY, RW, MAP_PRIVATE);

    expect(memlimit(QUOTA_MIN, -1) >= 0);
    expect_equal(mlock(start, MANY * PAGE_BYTES), 0);
    expect_equal(munlock(start, MANY * PAGE_BYTES), 0);
    tell(pipes[3]);
    listen(pipes[0]);
    expect(count_present(start, MANY) < MANY / 4);
}

/* What comes back by munlock and is more than the quota can note is the system's, to be taken. */
static void unlocked_surplus_goes(void)
{
    static int pipes[4];
    int pid;

    need_pressure();
    expect(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
    pid = spawn(lock_and_unlock_many, (long)pipes);
    listen(pipes[2]);
    press();
    tell(pipes[1]);
    join(pid);
}

static void swap_own_pages(long address)
{
    limit_to(QUOTA_MIN);
    char *start = map(REGION, RW, MAP_PRIVATE);

    for (int pass = 0; pass < 5; pass++) {
        fill_pages(start, REGION, (unsigned)pass);
        verify_pages(start, REGION, (unsigned)pass);
    }
    expect_equal(count_present((char *)address, REGION), 0); /* pushed out of this process */
}

/* What one may not have costs nobody else a page, though both had the same ones. */
static void quota_of_one_process(void)
{
    need_swap(4 * REGION);
    char *start = map(REGION, RW, MAP_PRIVATE);

    fill_pages(start, REGION, 1);
    own_stats(&before);
    join(spawn(swap_own_pages, (long)start));
    expect_equal(count_present(start, REGION), REGION);
    verify_pages(start, REGION, 1);
    own_stats(&after);
    expect_equal(after.refault - before.refault, 0);
}

static void use_policy(long policy)
{
    unsigned state = 1, version[REGION];
    char *start = map(REGION, RW, MAP_PRIVATE);

    expect_equal(memlimit(QUOTA, (int)policy), 0);
    for (unsigned i = 0; i < REGION; i++) {
        version[i] = i;
        fill_pages(start + i * PAGE_BYTES, 1, version[i]);
    }
    own_stats(&before);
    for (int i = 0; i < 600; i++) {
        unsigned page = next_random(&state) % REGION;

        verify_pages(start + page * PAGE_BYTES, 1, version[page]);
        if (next_random(&state) % 2)
            fill_pages(start + page * PAGE_BYTES, 1, version[page] += REGION);
    }
    own_stats(&after);
    expect(after.refault - before.refault > 100);
    expect(after.resident <= QUOTA);
}

static void every_policy_keeps_data(void)
{
    need_swap(2 * REGION);
    for (long policy = POLICY_LRU; policy <= POLICY_ADAPTIVE; policy++)
        join(spawn(use_policy, policy));
}

#define STREAM 200ul

/* How often a page that is used all the time comes back, while others are used once. */
static unsigned long refaults_of_hot(int policy)
{
    limit_to(QUOTA);
    char *hot = map(1, RW, MAP_PRIVATE);
    char *stream = map(STREAM, RW, MAP_PRIVATE);

    expect_equal(memlimit(-1, policy), QUOTA);
    own_stats(&before);
    for (unsigned long i = 0; i < STREAM; i++) {
        stream[i * PAGE_BYTES] = 1;
        hot[0]++;
    }
    own_stats(&after);
    unmap(stream, STREAM);
    unmap(hot, 1);
    return (unsigned long)(after.refault - before.refault);
}

static void policy_decides(void)
{
    need_swap(STREAM);
    expect(refaults_of_hot(POLICY_FIFO) >= STREAM / QUOTA - 1);
    expect_equal(refaults_of_hot(POLICY_LRU), 0);
    expect_equal(refaults_of_hot(POLICY_CLOCK), 0);
}

const struct test paging_quota_tests[] = {
    {"quota_refusals", quota_refusals, QUICK},
    {"quota_is_told", quota_is_told, QUICK},
    {"quota_is_inherited", quota_is_inherited, QUICK},
    {"quota_holds", quota_holds, QUICK},
    {"refaults_are_counted", refaults_are_counted, QUICK},
    {"counters_agree", counters_agree, QUICK},
    {"lifted_limit", lifted_limit, QUICK},
    {"quota_of_private_pages", quota_of_private_pages, QUICK},
    {"locked_pages_stay", locked_pages_stay, QUICK},
    {"unlocked_surplus_goes", unlocked_surplus_goes, QUICK},
    {"quota_of_one_process", quota_of_one_process, QUICK},
    {"every_policy_keeps_data", every_policy_keeps_data, QUICK},
    {"policy_decides", policy_decides, QUICK},
    {NULL, NULL, QUICK},
};
