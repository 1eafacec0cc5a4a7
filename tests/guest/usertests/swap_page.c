/* Pages that are in swap: what each call makes of them, and that every kind comes back. */
#include "paging.h"

static struct vm_stats before, after;

static void swapped_is_absent(void)
{
    char *start = swapped_pages(REGION, 1);

    sink = start[5 * PAGE_BYTES];
    expect(is_present(start + 5 * PAGE_BYTES));
    expect_equal(madvise(start + 32 * PAGE_BYTES, 16 * PAGE_BYTES, MADV_WILLNEED), 0);
    expect_equal(count_present(start + 32 * PAGE_BYTES, 16), 16);
    verify_pages(start, REGION, 1);
}

/* Only what was stored into needs a place: reading pages that are zero sends nothing to swap. */
static void zero_page_is_not_swapped(void)
{
    need_swap(REGION);
    limit_to(QUOTA_MIN);
    char *start = map(4 * REGION, RW, MAP_PRIVATE);
    unsigned long slots = slots_in_use();

    own_stats(&before);
    for (int pass = 0; pass < 2; pass++)
        expect(has_bytes(start, 4 * REGION * PAGE_BYTES, 0));
    own_stats(&after);
    expect_equal(after.pgout - before.pgout, 0);
    expect_equal(after.fault_swap - before.fault_swap, 0);
    expect_equal(slots_in_use(), slots);
}

/* Whatever may be done with a page is what mprotect said last, also while it is out. */
static void protection_while_out(void)
{
    char *start = swapped_pages(REGION, 1);

    protect(start, 16, PROT_NONE);
    protect(start + 16 * PAGE_BYTES, 16, PROT_READ);
    expect_killed(load_byte, (long)start);
    expect_killed(store_byte, (long)start + 17 * PAGE_BYTES);
    verify_pages(start + 16 * PAGE_BYTES, 16, 17);
    expect_killed(store_byte, (long)start + 17 * PAGE_BYTES);
    protect(start, 32, RW);
    verify_pages(start, REGION, 1);
    fill_pages(start, REGION, 2);
    verify_pages(start, REGION, 2);
}

/* Pages that nobody may touch go out and come back like others. */
static void hidden_pages_come_back(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(QUOTA / 2, RW, MAP_PRIVATE);

    fill_pages(start, QUOTA / 2, 1);
    protect(start, QUOTA / 2, PROT_NONE);
    push_out();
    expect_equal(count_present(start, QUOTA / 2), 0);
    protect(start, QUOTA / 2, PROT_READ);
    verify_pages(start, QUOTA / 2, 1);
    protect(start, QUOTA / 2, PROT_NONE);
    push_out();
    int pid = fork(); /* inherited while hidden and out */

    if (pid == 0) {
        protect(start, QUOTA / 2, RW);
        verify_pages(start, QUOTA / 2, 1);
        exit(0);
    }
    join(pid);
    protect(start, QUOTA / 2, RW);
    verify_pages(start, QUOTA / 2, 1);
}

/* What was stored into a private mapping of a file; its other pages are the file's. */
static void private_file_pages(void)
{
    need_swap(REGION);
    make_file("file", REGION * PAGE_BYTES, 1);
    limit_to(QUOTA);
    char *start = map_file("file", REGION, RW, MAP_PRIVATE);
    unsigned long slots = slots_in_use();

    for (unsigned i = 0; i < REGION; i += 2)
        fill_pages(start + i * PAGE_BYTES, 1, 100 + i);
    push_out();
    expect_equal(slots_in_use(), slots + REGION / 2);
    for (unsigned i = 0; i < REGION; i += 2) {
        verify_pages(start + i * PAGE_BYTES, 1, 100 + i);
        expect(filled(start + (i + 1) * PAGE_BYTES, PAGE_BYTES, 2 + i));
    }
    push_out();
    expect_equal(madvise(start, REGION * PAGE_BYTES, MADV_DONTNEED), 0);
    expect_equal(slots_in_use(), slots);
    for (unsigned i = 0; i < REGION; i++)
        expect(filled(start + i * PAGE_BYTES, PAGE_BYTES, 1 + i));
    verify_file("file", REGION * PAGE_BYTES, 1);
}

#define DEPTH 24

/* A page of stack for each level, looked at on the way back. */
static unsigned long descend(unsigned long depth)
{
    unsigned long words[PAGE_BYTES / 8], sum = 0;

    for (unsigned long i = 0; i < PAGE_BYTES / 8; i++)
        words[i] = depth * 1000 + i;
    if (depth > 0)
        sum = descend(depth - 1);
    for (unsigned long i = 0; i < PAGE_BYTES / 8; i++)
        expect_equal(words[i], depth * 1000 + i);
    return sum + 1;
}

static void stack_comes_back(void)
{
    need_swap(REGION);
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0);
    own_stats(&before);
    for (int pass = 0; pass < 4; pass++)
        expect_equal(descend(DEPTH), DEPTH + 1);
    own_stats(&after);
    expect(after.refault - before.refault >= 4 * (DEPTH - QUOTA_MIN));
}

static unsigned long table[8 * PAGE_BYTES / 8] = {1, 2, 3}; /* initialised data */

static void data_comes_back(void)
{
    need_swap(REGION);
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0);
    for (int pass = 0; pass < 4; pass++) {
        fill_pages((char *)table + PAGE_BYTES, 7, (unsigned)pass);
        char *fresh = map(2 * QUOTA_MIN, RW, MAP_PRIVATE);

        fill_pages(fresh, 2 * QUOTA_MIN, 1);
        verify_pages((char *)table + PAGE_BYTES, 7, (unsigned)pass);
        verify_pages(fresh, 2 * QUOTA_MIN, 1);
        expect(table[0] == 1 && table[1] == 2 && table[2] == 3 && table[3] == 0);
        unmap(fresh, 2 * QUOTA_MIN);
    }
}

#define LI_A0 0x00000513u /* addi a0, zero, immediate << 20 */
#define RET 0x00008067u

static unsigned li_a0(unsigned value)
{
    return LI_A0 | value << 20;
}

/* Instructions that were stored and went to swap run when they are jumped to. */
static void code_comes_back(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);

    for (unsigned i = 0; i < REGION; i++) {
        unsigned *code = (unsigned *)(start + i * PAGE_BYTES);

        code[0] = li_a0(i);
        code[1] = RET;
    }
    protect(start, REGION, PROT_READ | PROT_EXEC);
    for (int pass = 0; pass < 3; pass++)
        for (long i = 0; i < (long)REGION; i++)
            expect_equal(((long (*)(void))(start + (unsigned long)i * PAGE_BYTES))(), i);
}

static void see_and_change(long address)
{
    char *start = (char *)address;

    verify_pages(start, REGION, 1);
    fill_pages(start, REGION / 2, 50);
    verify_pages(start, REGION / 2, 50);
    verify_pages(start + REGION / 2 * PAGE_BYTES, REGION / 2, 1 + REGION / 2);
}

/* Generations, each with the limit of the first, and with pages that were out when it was born. */
static void families_under_quota(void)
{
    need_swap(4 * REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);

    fill_pages(start, REGION, 1);
    for (int i = 0; i < 3; i++) {
        int pid = fork();

        if (pid == 0) {
            join(spawn(see_and_change, (long)start));
            see_and_change((long)start);
            exit(0);
        }
        verify_pages(start, REGION, 1);
        join(pid);
    }
    verify_pages(start, REGION, 1);
}

/* An area that is gone in the middle, one that is split, one that is joined again. */
static void parts_while_out(void)
{
    char *start = swapped_pages(REGION, 1);

    unmap(start + 20 * PAGE_BYTES, 4);
    protect(start + 40 * PAGE_BYTES, 4, PROT_READ);
    expect_killed(load_byte, (long)start + 21 * PAGE_BYTES);
    expect(map_at(start + 20 * PAGE_BYTES, 4, RW, MAP_PRIVATE | MAP_FIXED) != NULL);
    expect(has_bytes(start + 20 * PAGE_BYTES, 4 * PAGE_BYTES, 0));
    protect(start + 40 * PAGE_BYTES, 4, RW);
    verify_pages(start, 20, 1);
    verify_pages(start + 24 * PAGE_BYTES, REGION - 24, 25);
}

const struct test swap_page_tests[] = {
    {"swapped_is_absent", swapped_is_absent, QUICK},
    {"zero_page_is_not_swapped", zero_page_is_not_swapped, QUICK},
    {"protection_while_out", protection_while_out, QUICK},
    {"hidden_pages_come_back", hidden_pages_come_back, QUICK},
    {"private_file_pages", private_file_pages, QUICK},
    {"stack_comes_back", stack_comes_back, QUICK},
    {"data_comes_back", data_comes_back, QUICK},
    {"code_comes_back", code_comes_back, QUICK},
    {"families_under_quota", families_under_quota, QUICK},
    {"parts_while_out", parts_while_out, QUICK},
    {NULL, NULL, QUICK},
};
