/* needs: dev/read_ahead.c */
/* How many pages the window of dev/read_ahead.h lets come along, step by step. */
#include "mock.h"

#include "dev/read_ahead.h"

#define APART 100u

static struct read_ahead window;
static uint32_t at;

/* Reads where the last read ended, on the way up or down; all that comes along is asked for. */
static uint32_t next_in_order(bool down)
{
    uint32_t size = read_ahead_size(&window, READ_NORMAL);

    if (down)
        at -= size;
    read_ahead_note(&window, at, at + size);
    if (!down)
        at += size;
    for (uint32_t i = 1; i < size; i++)
        read_ahead_used(&window);
    return size;
}

static uint32_t next_far_apart(void)
{
    uint32_t size = read_ahead_size(&window, READ_NORMAL);

    at += APART;
    read_ahead_note(&window, at, at + size);
    at += size;
    return size;
}

static void start(void)
{
    memset(&window, 0, sizeof(window));
    at = 1000;
}

static void a_run_is_read_by_more_and_more(void **state)
{
    static const uint32_t sizes[] = {1, 1, 1, 2, 5, 9, 16, 16, 16};

    (void)state;
    for (int down = 0; down < 2; down++) {
        start();
        for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            assert_int_equal(next_in_order(down), sizes[i]);
    }
}

static void what_comes_in_vain_ends_soon_and_a_run_begins_again(void **state)
{
    uint32_t in_vain = 0, reads = 0, size;

    (void)state;
    start();
    for (int turn = 0; turn < 5; turn++) {
        while (next_in_order(turn % 2) < READ_AHEAD_MAX)
            ;
        in_vain = reads = 0;
        while ((size = next_far_apart()) > 1 && reads++ < 60)
            in_vain += size - 1;
        assert_in_range(in_vain, READ_AHEAD_MAX - 1, 5 * READ_AHEAD_MAX);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(next_far_apart(), 1);
        for (reads = 0; next_in_order(false) < READ_AHEAD_MAX; reads++)
            assert_in_range(reads, 0, 6);
    }
}

/* Two runs side by side: each of them goes on where its own last read ended. */
static void two_runs_are_told_apart(void **state)
{
    uint32_t size = 0, here = 5000, there = 9000;

    (void)state;
    start();
    for (int i = 0; i < 20; i++) {
        at = here;
        size = next_in_order(false);
        here = at;
        at = there;
        next_in_order(true);
        there = at;
    }
    assert_int_equal(size, READ_AHEAD_MAX);
}

static void half_of_it_used_is_two_pages(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 300; i++)
        if (next_far_apart() > 1)
            read_ahead_used(&window); /* the one behind it, and no more */
        else
            next_in_order(false);
    assert_in_range(read_ahead_size(&window, READ_NORMAL), 2, 3);
}

static void advice_is_taken(void **state)
{
    (void)state;
    start();
    assert_int_equal(read_ahead_size(&window, READ_SEQUENTIAL), READ_AHEAD_MAX);
    while (next_in_order(false) < READ_AHEAD_MAX)
        ;
    assert_int_equal(read_ahead_size(&window, READ_RANDOM), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_read_by_more_and_more),
        cmocka_unit_test(what_comes_in_vain_ends_soon_and_a_run_begins_again),
        cmocka_unit_test(two_runs_are_told_apart),
        cmocka_unit_test(half_of_it_used_is_two_pages),
        cmocka_unit_test(advice_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
