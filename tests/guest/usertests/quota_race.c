/* Quotas while others work: threads that set and lift them, lock, protect, fork and exec. */
#include "paging.h"
#include "threads.h"

#define TURNS 60ul
#define HOG 100000 /* frames: a quota that nobody fills */

static char *area;
static volatile int stop;
static struct vm_stats before, after;

static void set_limit(void *unused)
{
    (void)unused;
    for (unsigned long i = 0; i < TURNS; i++) {
        fill_pages(area, REGION, 1);
        expect(memlimit(QUOTA_MIN, POLICY_FIFO) >= 0);
    }
    stop = 1;
}

static void lift_limit_again_and_again(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !stop; i++) {
        expect(memlimit(0, -1) >= 0);
        for (unsigned long j = 0; j < REGION / 4; j++)
            sink = area[(i + 7 * j) % REGION * PAGE_BYTES];
    }
}

/* A limit is lifted while another thread still has the surplus taken out for it. */
static void limit_is_set_and_lifted(void)
{
    struct thread setter, lifter[2];

    need_swap(4 * REGION);
    area = map(REGION, RW, MAP_PRIVATE);
    start(&setter, set_limit, 0);
    for (int i = 0; i < 2; i++)
        start(&lifter[i], lift_limit_again_and_again, 0);
    finish(&setter);
    for (int i = 0; i < 2; i++)
        finish(&lifter[i]);
    verify_pages(area, REGION, 1);
}

static void change_limit(void *index)
{
    for (unsigned i = 0;; i++)
        memlimit((int)((unsigned)(long)index + i) % 2 ? 64 : 0, -1);
}

static void exec_under_changes(long unused)
{
    static struct thread changer[2];
    char *argv[] = {"true", NULL};

    (void)unused;
    expect(memlimit(64, POLICY_LRU) >= 0);
    for (int i = 0; i < 2; i++)
        start(&changer[i], change_limit, i);
    exec("/true", argv);
    exit(STATUS_FAILED);
}

/* The new image's quota is like the old one's, which another thread may free just then. */
static void exec_while_limit_changes(void)
{
    need_swap(4 * REGION);
    for (unsigned long i = 0; i < TURNS / 2; i++)
        join(spawn(exec_under_changes, 0));
}

static void touch_area(long unused)
{
    (void)unused;
    for (unsigned long i = 0; i < REGION; i += 3)
        area[i * PAGE_BYTES + 1]++;
}

/* On a part of the area that changes: what a page on a quota's list must not be met by. */
static void lock_and_protect(void *index)
{
    unsigned state = (unsigned)(long)index + 1;

    for (unsigned long i = 0; i < TURNS; i++) {
        char *part = area + next_random(&state) % (REGION - 8) * PAGE_BYTES;
        unsigned long bytes = 8 * PAGE_BYTES;

        switch (next_random(&state) % 6) {
        case 0:
            mlock(part, bytes);
            break;
        case 1:
            munlock(part, bytes);
            break;
        case 2:
            mprotect(part, bytes, PROT_NONE);
            mlock(part, bytes);
            break;
        case 3:
            mprotect(area, REGION * PAGE_BYTES, PROT_READ | PROT_WRITE);
            break;
        case 4:
            memlimit(next_random(&state) % 4 ? (int)QUOTA : 0, (int)(next_random(&state) % 5));
            break;
        default:
            munlock(area, REGION * PAGE_BYTES);
            mprotect(area, REGION * PAGE_BYTES, PROT_READ | PROT_WRITE);
            spawn(touch_area, 0); /* it may meet PROT_NONE */
            wait(NULL);
        }
    }
}

static void lock_in_threads(long unused)
{
    (void)unused;
    in_threads(6, lock_and_protect);
    mprotect(area, REGION * PAGE_BYTES, PROT_READ | PROT_WRITE);
    munlock(area, REGION * PAGE_BYTES);
    expect(memlimit(QUOTA, -1) >= 0);
    touch_area(0);
}

/*
 * A page that is locked while nobody may touch it stays locked, and off the quota's list, whatever
 * is called next; and a quota whose pages cannot go is exceeded, not waited for.
 */
static void locked_under_quota(void)
{
    need_swap(4 * REGION);
    area = map(REGION, RW, MAP_PRIVATE);
    fill_pages(area, REGION, 1);
    join(spawn(lock_in_threads, 0));
    expect_equal(mlock(area, REGION * PAGE_BYTES), 0);
    protect(area, REGION, PROT_NONE);
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0); /* sees entries without access */
    protect(area, REGION, RW);
    char *others = map(REGION, RW, MAP_PRIVATE);

    fill_pages(others, REGION, 2);
    verify_pages(others, REGION, 2);
    expect_equal(count_present(area, REGION), REGION);
    protect(area, REGION, PROT_NONE);
    expect_equal(munlock(area, REGION * PAGE_BYTES), 0);
    fill_pages(others, REGION, 3);
    expect_equal(count_present(area, REGION), 0);
    protect(area, REGION, RW);
    verify_pages(area, REGION, 1);
}

/* Takes half of all frames, and never looks at them again. */
static void take_and_sleep(long quota)
{
    char *mine = map(all_frames() / 2, RW, MAP_PRIVATE);

    if (quota)
        expect_equal(memlimit((int)quota, -1), 0);
    for (unsigned long i = 0; i < all_frames() / 2; i++)
        mine[i * PAGE_BYTES] = 1;
    *area = 1;
    for (;;)
        sleep(1000);
}

/* How many pages come back to one that uses a little more than the other half. */
static unsigned long pages_back(long quota)
{
    unsigned long pages = all_frames() * 9 / 20;
    char *mine = map(pages, RW, MAP_PRIVATE);
    int pid;

    *area = 0;
    pid = spawn(take_and_sleep, quota);
    while (!*(volatile char *)area)
        sleep(1);
    for (int round = 0; round < 4; round++) {
        if (round == 1)
            own_stats(&before);
        for (unsigned long i = 0; i < pages; i++)
            mine[i * PAGE_BYTES]++;
    }
    own_stats(&after);
    kill(pid);
    expect_equal(wait_for(pid), STATUS_KILLED);
    unmap(mine, pages);
    return (unsigned long)(after.pgin - before.pgin);
}

/* Idle pages make room for used ones, under a quota that is not filled as without one. */
static void large_quota_protects_nothing(void)
{
    need_pressure();
    need_swap(all_frames());
    area = map(1, RW, MAP_SHARED);
    unsigned long without = pages_back(0), with = pages_back(HOG);

    if (with > without * 5 / 4 + all_frames() / 20)
        fail("%lu pages came back, and %lu without a quota\n", with, without);
}

const struct test quota_race_tests[] = {
    {"limit_is_set_and_lifted", limit_is_set_and_lifted, QUICK},
    {"exec_while_limit_changes", exec_while_limit_changes, QUICK},
    {"locked_under_quota", locked_under_quota, QUICK},
    {"large_quota_protects_nothing", large_quota_protects_nothing, QUICK},
    {NULL, NULL, QUICK},
};
