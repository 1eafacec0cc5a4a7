/* needs: mem/buddy.c */
/*
 * The buddy allocator: an instance with 64 frames of its own (and others of odd sizes), by hand and
 * against a model that knows, frame by frame, what is allocated.
 */
#include "mock.h"

#include "mem/buddy.h"

#define FRAMES 64u

static struct page_allocator buddy;
static struct page *table;

/* All of [first, first + count) becomes free, in the largest blocks that fit. */
static void give(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        table[i].order = 0;
        table[i].counts = PAGE_REF;
        page_allocator_free(&buddy, &table[i], 0);
    }
}

static void fresh(uint64_t frames)
{
    free(table);
    table = calloc(frames, sizeof *table);
    page_allocator_init(&buddy, table, frames);
    give(0, frames);
}

static void check_counts(const uint64_t expected[], unsigned orders)
{
    for (unsigned order = 0; order <= MAX_ORDER; order++)
        assert_int_equal(buddy.free_count[order], order < orders ? expected[order] : 0);
}

static void frees_merge_to_the_largest_blocks(void **state)
{
    const uint64_t one_of_64[] = {0, 0, 0, 0, 0, 0, 1}, odd[] = {1, 1, 0, 1, 0, 1};

    (void)state;
    fresh(FRAMES);
    check_counts(one_of_64, 7);
    assert_int_equal(buddy.free_frames, 64);
    fresh(43); /* 32 + 8 + 2 + 1 */
    check_counts(odd, 6);
    assert_int_equal(buddy.free_frames, 43);
}

static void an_allocation_splits_the_smallest_block_that_will_do(void **state)
{
    const uint64_t after_one[] = {1, 1, 1, 1, 1, 1}, after_two[] = {1, 1, 0, 1, 1, 1};
    struct page *one, *four;

    (void)state;
    fresh(FRAMES);
    one = page_allocator_alloc(&buddy, 0);
    check_counts(after_one, 6);
    four = page_allocator_alloc(&buddy, 2);
    check_counts(after_two, 6);
    assert_int_equal((four - table) % 4, 0);
    assert_int_equal(page_refs(one), 1);
    assert_int_equal(page_refs(four), 1);
    assert_int_equal(buddy.free_frames, 59);
    page_allocator_free(&buddy, four, 2);
    page_allocator_free(&buddy, one, 0);
    assert_int_equal(buddy.free_count[6], 1);
}

static void a_block_too_large_is_refused(void **state)
{
    (void)state;
    fresh(FRAMES);
    assert_null(page_allocator_alloc(&buddy, 7));
    assert_null(page_allocator_alloc(&buddy, MAX_ORDER));
    assert_non_null(page_allocator_alloc(&buddy, 6));
    assert_null(page_allocator_alloc(&buddy, 0));
    assert_int_equal(buddy.free_frames, 0);
    expect_panic(page_allocator_alloc(&buddy, MAX_ORDER + 1), "order");
}

static void buddies_of_different_order_do_not_merge(void **state)
{
    struct page *page[4];

    (void)state;
    fresh(4);
    for (int i = 0; i < 4; i++)
        page[i] = page_allocator_alloc(&buddy, 0);
    page_allocator_free(&buddy, &table[0], 0);
    page_allocator_free(&buddy, &table[2], 0);
    assert_int_equal(buddy.free_count[0], 2);
    page_allocator_free(&buddy, &table[3], 0); /* 2 and 3 merge; 0 is free, but not 1 */
    assert_int_equal(buddy.free_count[0], 1);
    assert_int_equal(buddy.free_count[1], 1);
    page_allocator_free(&buddy, &table[1], 0);
    assert_int_equal(buddy.free_count[2], 1);
    (void)page;
}

static void a_frame_past_the_end_is_no_buddy(void **state)
{
    (void)state;
    fresh(3);
    assert_int_equal(buddy.free_count[1], 1);
    assert_int_equal(buddy.free_count[0], 1);
}

static void a_double_free_is_caught(void **state)
{
    struct page *page;

    (void)state;
    fresh(FRAMES);
    page = page_allocator_alloc(&buddy, 0);
    page_allocator_free(&buddy, page, 0);
    expect_panic(page_allocator_free(&buddy, page, 0), "is free");
    fresh(FRAMES);
    page = page_allocator_alloc(&buddy, 3);
    page_allocator_free(&buddy, page, 3);
    expect_panic(page_allocator_free(&buddy, page + 5, 0), "is free"); /* inside a free block */
    fresh(FRAMES);
    expect_panic(page_allocator_free(&buddy, table + FRAMES, 0), "not ours");
    mock_locks_held = 0;
}

static void a_wrong_order_is_caught(void **state)
{
    struct page *page;

    (void)state;
    fresh(FRAMES);
    page = page_allocator_alloc(&buddy, 3);
    expect_panic(page_allocator_free(&buddy, page, 2), "by order 2, allocated by 3");
    fresh(FRAMES);
    page = page_allocator_alloc(&buddy, 0);
    expect_panic(page_allocator_free(&buddy, page, 1), "by order 1, allocated by 0");
    mock_locks_held = 0;
}

/* ---- Against a model ---- */

struct block {
    struct page *page;
    unsigned order;
};

/* Free lists, counts and marks must agree with which frames are allocated. */
static void check_all(const bool *used, uint64_t frames)
{
    bool *free_here = calloc(frames, sizeof *free_here);
    uint64_t sum = 0;

    for (unsigned order = 0; order <= MAX_ORDER; order++) {
        struct list_head *link;
        uint64_t count = 0;

        list_for_each(link, &buddy.free_list[order]) {
            uint64_t first = (uint64_t)(container_of(link, struct page, lru.link) - table);
            uint64_t other = first ^ 1ul << order;

            assert_int_equal(first % (1ul << order), 0);
            assert_true(first + (1ul << order) <= frames);
            assert_true(page_test(&table[first], PAGE_BUDDY));
            assert_int_equal(table[first].order, order);
            if (order < MAX_ORDER && other < frames) /* else they should have been merged */
                assert_false(page_test(&table[other], PAGE_BUDDY) && table[other].order == order);
            for (uint64_t i = first; i < first + (1ul << order); i++) {
                assert_false(free_here[i]);
                free_here[i] = true;
                sum++;
            }
            count++;
        }
        assert_int_equal(count, buddy.free_count[order]);
    }
    assert_int_equal(sum, buddy.free_frames);
    for (uint64_t i = 0; i < frames; i++)
        assert_int_equal(free_here[i], !used[i]);
    free(free_here);
}

/* Is there a free, aligned run of 1 << order frames? */
static bool model_has(const bool *used, uint64_t frames, unsigned order)
{
    for (uint64_t first = 0; first + (1ul << order) <= frames; first += 1ul << order) {
        uint64_t i = first;

        while (i < first + (1ul << order) && !used[i])
            i++;
        if (i == first + (1ul << order))
            return true;
    }
    return false;
}

static void mark(bool *used, struct block block, bool value)
{
    uint64_t first = (uint64_t)(block.page - table);

    for (uint64_t i = first; i < first + (1ul << block.order); i++) {
        assert_int_equal(used[i], !value);
        used[i] = value;
    }
}

static void random_operations(uint64_t frames, unsigned rounds)
{
    bool *used = calloc(frames, sizeof *used);
    struct block *block = calloc(frames, sizeof *block);
    uint64_t held = 0;

    fresh(frames);
    for (unsigned round = 0; round < rounds; round++) {
        if (mock_random(100) < 52) {
            struct block got = {.order = mock_random(4) ? mock_random(3) : mock_random(8)};

            got.page = page_allocator_alloc(&buddy, got.order);
            assert_int_equal(got.page != NULL, model_has(used, frames, got.order));
            if (got.page) {
                assert_int_equal((got.page - table) % (1l << got.order), 0);
                mark(used, got, true);
                block[held++] = got;
            }
        } else if (held > 0) {
            uint64_t i = mock_random((uint32_t)held);

            mark(used, block[i], false);
            page_allocator_free(&buddy, block[i].page, block[i].order);
            block[i] = block[--held];
        }
        check_all(used, frames);
        assert_int_equal(mock_locks_held, 0);
    }
    while (held > 0) {
        held--;
        mark(used, block[held], false);
        page_allocator_free(&buddy, block[held].page, block[held].order);
    }
    check_all(used, frames);
    free(used);
    free(block);
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    random_operations(FRAMES, 20000);
    random_operations(43, 5000);
    random_operations(2051, 500); /* more than two blocks of the highest order */
    free(table);
    table = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frees_merge_to_the_largest_blocks),
        cmocka_unit_test(an_allocation_splits_the_smallest_block_that_will_do),
        cmocka_unit_test(a_block_too_large_is_refused),
        cmocka_unit_test(buddies_of_different_order_do_not_merge),
        cmocka_unit_test(a_frame_past_the_end_is_no_buddy),
        cmocka_unit_test(a_double_free_is_caught),
        cmocka_unit_test(a_wrong_order_is_caught),
        cmocka_unit_test(random_operations_match_the_model),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
