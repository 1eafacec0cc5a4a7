/*
 * Instructions that the program itself made. What is right shows everywhere; that the kernel fenced
 * for it is seen by the checker of SAN=1 (kernel/mmu/tlb_check.h).
 */
#include "mapping.h"
#include "paging.h"
#include "threads.h"

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define RX (PROT_READ | PROT_EXEC)

static void write_code(void *at, unsigned value)
{
    unsigned *code = at;

    code[0] = 0x00000513 | value << 20; /* li a0, value */
    code[1] = 0x00008067;               /* ret */
}

static long call_code(void *at)
{
    return ((long (*)(void))at)();
}

static void user_fence(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

/* A page that is written and run at once; a child, wherever it runs, has the parent's code. */
static void child_runs_code(long at)
{
    exit((int)call_code((void *)at));
}

static void code_follows_fork(void)
{
    for (unsigned round = 1; round <= 40; round++) {
        char *page = map(1, RWX, MAP_PRIVATE);

        write_code(page, round);
        user_fence();
        expect_equal(call_code(page), round);
        expect_equal(wait_for(spawn(child_runs_code, (long)page)), round);
        expect(munmap(page, PAGE_BYTES) == 0);
    }
}

/* Threads of one process are moved about while they write, fence and run. */
static void rewrite(void *index)
{
    char *page = map(1, RWX, MAP_PRIVATE);

    for (unsigned i = 0; i < 60; i++) {
        unsigned value = i * 8 + (unsigned)(long)index;

        write_code(page, value);
        user_fence();
        for (unsigned turn = 0; turn < 3; turn++) {
            sleep(0);
            expect_equal(call_code(page), value);
        }
    }
    expect(munmap(page, PAGE_BYTES) == 0);
}

static void code_follows_migration(void)
{
    in_threads(4, rewrite);
}

/* Written, made executable, made writable again, and so on, in one frame and in fresh ones. */
static void code_by_mprotect(void)
{
    char *page = map(40, RW, MAP_PRIVATE);

    for (unsigned i = 0; i < 80; i++) {
        char *at = page + i / 2 * PAGE_BYTES;

        write_code(at, i);
        protect(at, 1, RX);
        expect_equal(call_code(at), i);
        protect(at, 1, RW);
    }
    protect(page, 40, RX);
    for (unsigned i = 0; i < 40; i++)
        expect_equal(call_code(page + i * PAGE_BYTES), 2 * i + 1);
}

/* Through write() into a file, read from the disk again, and privately changed. */
static void code_of_a_file(void)
{
    static char code[8];

    for (unsigned i = 1; i <= 6; i++) {
        char *page, *mine;

        write_code(code, i);
        write_file("code", code, sizeof(code));
        if (i % 2) {
            sync();
            drop_caches();
        }
        page = map_file("code", 1, RX, MAP_PRIVATE);
        mine = map_file("code", 1, RWX, MAP_PRIVATE);
        expect_equal(call_code(page), i);
        expect_equal(call_code(mine), i);
        write_code(mine, i + 100);
        user_fence();
        expect_equal(call_code(mine), i + 100);
        expect_equal(call_code(page), i);
        expect(munmap(page, PAGE_BYTES) == 0 && munmap(mine, PAGE_BYTES) == 0);
    }
}

/* More code than a quota allows: pages go to swap and come back executable, in other frames. */
static void code_through_swap(void)
{
    char *page = map(48, RWX, MAP_PRIVATE);

    need_swap(48);
    expect(memlimit(24, -1) >= 0);
    for (unsigned i = 0; i < 48; i++)
        write_code(page + i * PAGE_BYTES, i);
    user_fence();
    for (unsigned i = 0; i < 96; i++)
        expect_equal(call_code(page + i % 48 * PAGE_BYTES), i % 48);
}

const struct test code_tests[] = {
    {"code_follows_fork", code_follows_fork, QUICK},
    {"code_follows_migration", code_follows_migration, QUICK},
    {"code_by_mprotect", code_by_mprotect, QUICK},
    {"code_of_a_file", code_of_a_file, QUICK},
    {"code_through_swap", code_through_swap, QUICK},
    {NULL, NULL, QUICK},
};
