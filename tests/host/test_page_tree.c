/* needs: vm/cache/page_tree.c */
/* The radix tree of an object's pages, against an array; and with memory that runs out. */
#include "mock.h"

#include "vm/cache/page_tree.h"

#define PAGES 512u

static struct page page[PAGES];

static void one_page_at_zero_needs_no_node(void **state)
{
    struct page_tree tree = {0};

    (void)state;
    mock_objects_out = 0;
    assert_int_equal(page_tree_insert(&tree, 0, &page[0]), 0);
    assert_int_equal(mock_objects_out, 0);
    assert_ptr_equal(page_tree_find(&tree, 0), &page[0]);
    assert_ptr_equal(page_tree_next(&tree, 0), &page[0]);
    assert_null(page_tree_next(&tree, 1));
    assert_null(page_tree_find(&tree, 1));
    page_tree_remove(&tree, 0);
    assert_null(page_tree_find(&tree, 0));
}

static void it_grows_to_the_largest_index(void **state)
{
    struct page_tree tree = {0};

    (void)state;
    mock_objects_out = 0;
    page[0].index = 0;
    page[1].index = PAGE_TREE_MAX_INDEX;
    assert_int_equal(page_tree_insert(&tree, 0, &page[0]), 0);
    assert_int_equal(page_tree_insert(&tree, PAGE_TREE_MAX_INDEX, &page[1]), 0);
    assert_ptr_equal(page_tree_find(&tree, 0), &page[0]);
    assert_ptr_equal(page_tree_find(&tree, PAGE_TREE_MAX_INDEX), &page[1]);
    assert_ptr_equal(page_tree_next(&tree, 1), &page[1]);
    assert_null(page_tree_next(&tree, PAGE_TREE_MAX_INDEX + 1));
    assert_null(page_tree_find(&tree, UINT64_MAX));
    page_tree_remove(&tree, PAGE_TREE_MAX_INDEX);
    assert_null(page_tree_next(&tree, 1));
    page_tree_remove(&tree, 0);
    assert_int_equal(mock_objects_out, 0);
    assert_null(tree.root);
    expect_panic(page_tree_insert(&tree, PAGE_TREE_MAX_INDEX + 1, &page[0]), "MAX_INDEX");
}

static void a_place_is_taken_once(void **state)
{
    struct page_tree tree = {0};

    (void)state;
    assert_int_equal(page_tree_insert(&tree, 0, &page[0]), 0);
    expect_panic(page_tree_insert(&tree, 0, &page[1]), "at");
}

/* Whatever allocation fails: an error, everything else as before, nothing leaked. */
static void a_failed_insert_changes_nothing(void **state)
{
    static const uint64_t index[] = {1, 64, 4096, 70, 1ul << 30, (1ul << 30) + 64};

    (void)state;
    for (size_t n = 0; n < sizeof index / sizeof *index; n++) {
        bool done = false;

        for (int64_t fail = 0; !done; fail++) {
            struct page_tree tree = {0};

            mock_objects_out = 0;
            for (size_t i = 0; i < n; i++) {
                page[i].index = index[i];
                assert_int_equal(page_tree_insert(&tree, index[i], &page[i]), 0);
            }
            int64_t before = mock_objects_out;
            uint32_t height = tree.height;
            page[n].index = index[n];
            mock_fail_after = fail;
            done = page_tree_insert(&tree, index[n], &page[n]) == 0;
            mock_fail_after = -1;
            if (!done) {
                assert_null(page_tree_find(&tree, index[n]));
                assert_true(tree.height != height || mock_objects_out == before);
            }
            for (size_t i = 0; i < n + done; i++) {
                assert_ptr_equal(page_tree_find(&tree, index[i]), &page[i]);
                page_tree_remove(&tree, index[i]);
            }
            assert_int_equal(mock_objects_out, 0);
            assert_null(tree.root);
        }
    }
}

static struct page *model_next(struct page *const *model, uint64_t from)
{
    struct page *best = NULL;

    for (uint32_t i = 0; i < PAGES; i++)
        if (model[i] && model[i]->index >= from && (!best || model[i]->index < best->index))
            best = model[i];
    return best;
}

static struct page *model_find(struct page *const *model, uint64_t index)
{
    struct page *found = model_next(model, index);

    return found && found->index == index ? found : NULL;
}

static uint64_t some_index(struct page *const *model, unsigned bits)
{
    struct page *known = model[mock_random(PAGES)];

    switch (mock_random(4)) {
    case 0:
        return known ? known->index : 0;
    case 1:
        return known ? known->index ^ 1ul << mock_random(bits) : 63;
    case 2:
        return mock_random64() & 0x3ff;
    default:
        return mock_random64() & ((1ul << bits) - 1);
    }
}

static void random_operations(unsigned bits)
{
    struct page *model[PAGES] = {0};
    struct page_tree tree = {0};

    mock_objects_out = 0;
    for (uint32_t round = 0; round < 20000; round++) {
        uint64_t index = some_index(model, bits);
        uint32_t slot = mock_random(PAGES);
        struct page *known = model_find(model, index);

        assert_ptr_equal(page_tree_find(&tree, index), known);
        assert_ptr_equal(page_tree_next(&tree, index), model_next(model, index));
        if (known && mock_random(2)) {
            page_tree_remove(&tree, index);
            model[known - page] = NULL;
        } else if (!known && !model[slot]) {
            page[slot].index = index;
            mock_fail_after = mock_random(8) == 0 ? (int64_t)mock_random(3) : -1;
            if (page_tree_insert(&tree, index, &page[slot]) == 0)
                model[slot] = &page[slot];
            mock_fail_after = -1;
        }
    }
    for (uint32_t i = 0; i < PAGES; i++)
        if (model[i])
            page_tree_remove(&tree, model[i]->index);
    assert_null(tree.root);
    assert_int_equal(tree.height, 0);
    assert_int_equal(mock_objects_out, 0);
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    random_operations(8);
    random_operations(20);
    random_operations(36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_page_at_zero_needs_no_node),
        cmocka_unit_test(it_grows_to_the_largest_index),
        cmocka_unit_test(a_place_is_taken_once),
        cmocka_unit_test(a_failed_insert_changes_nothing),
        cmocka_unit_test(random_operations_match_the_model),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
