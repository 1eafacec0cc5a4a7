/* needs: vm/mapping/vma.c lib/rbtree.c */
/*
 * The tree of areas, against an array of pages that says which area is where: find, insert, overlap
 * refused, remove, resize, the neighbours, and the highest gap that is long enough.
 */
#include "mock.h"

#include "riscv/memlayout.h"
#include "vm/mapping/mm.h"
#include "vm/mapping/vma.h"

const struct page_rules *extra_rules; /* mm.c has it; no area here needs rules */

#define PAGES 2000u
#define AREAS 300u

static struct mm_struct mm;
static struct vm_area_struct area[AREAS];

static void fresh(void)
{
    memset(&mm, 0, sizeof mm);
    memset(area, 0, sizeof area);
}

static int insert(uint32_t i, uint64_t start, uint64_t end)
{
    struct vma_range range;

    area[i].start = start << PAGE_SHIFT;
    area[i].end = end << PAGE_SHIFT;
    vma_find_range(&mm, area[i].start, area[i].end, &range);
    if (range.first != range.above)
        return -1;
    vma_insert(&mm, &area[i], &range);
    return 0;
}

static void an_area_is_found_by_each_of_its_bytes(void **state)
{
    (void)state;
    fresh();
    assert_null(find_vma(&mm, 0));
    assert_int_equal(insert(0, 10, 12), 0);
    assert_ptr_equal(find_vma(&mm, 0), &area[0]); /* the first that ends above */
    assert_ptr_equal(find_vma(&mm, 10 * PAGE_SIZE), &area[0]);
    assert_ptr_equal(find_vma(&mm, 12 * PAGE_SIZE - 1), &area[0]);
    assert_null(find_vma(&mm, 12 * PAGE_SIZE));
    assert_null(find_vma(&mm, UINT64_MAX));
    assert_null(vma_next(&area[0]));
}

static void overlap_is_refused(void **state)
{
    static const struct { uint64_t start, end; int result; } tries[] = {
        {10, 20, -1}, {9, 11, -1}, {19, 21, -1}, {12, 13, -1}, {5, 25, -1}, {10, 11, -1},
        {19, 20, -1}, {8, 10, 0}, {20, 22, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        fresh();
        insert(0, 10, 20);
        assert_int_equal(insert(1, tries[i].start, tries[i].end), tries[i].result);
        assert_int_equal(mm.vma_count, tries[i].result == 0 ? 2 : 1);
        assert_ptr_equal(find_vma(&mm, 10 * PAGE_SIZE), &area[0]);
    }
}

static void a_removed_area_is_found_no_more(void **state)
{
    (void)state;
    fresh();
    insert(0, 10, 20);
    insert(1, 20, 30);
    assert_ptr_equal(find_vma(&mm, 15 * PAGE_SIZE), &area[0]); /* and the hint remembers it */
    vma_remove(&mm, &area[0]);
    assert_ptr_equal(find_vma(&mm, 15 * PAGE_SIZE), &area[1]);
    vma_remove(&mm, &area[1]);
    assert_null(find_vma(&mm, 15 * PAGE_SIZE));
    assert_int_equal(mm.vma_count, 0);
}

static void an_empty_area_is_a_bug(void **state)
{
    (void)state;
    fresh();
    expect_panic(insert(0, 10, 10), "start");
}

static void a_charged_area_is_not_unreserved(void **state)
{
    struct vm_area_struct vma = {.start = 0, .end = 3 * PAGE_SIZE, .access = ACCESS_WRITE};

    (void)state;
    assert_false(vma_is_charged(&vma));
    vma.flags = VMA_CHARGED | VMA_HEAP;
    assert_true(vma_is_charged(&vma));
    vma.flags |= VMA_UNRESERVED;
    assert_false(vma_is_charged(&vma));
}

/* Where vma_find_gap puts it, or 0. It must say what lies around as a search by address does. */
static uint64_t highest_gap(uint64_t length, uint64_t top)
{
    struct vma_range found, range;

    if (!vma_find_gap(&mm, length, top, &found))
        return 0;
    vma_find_range(&mm, found.start, found.start + length, &range);
    assert_memory_equal(&found, &range, sizeof range);
    assert_ptr_equal(range.first, range.above);
    return range.start;
}

static void the_highest_gap_is_taken(void **state)
{
    const uint64_t top = 100 * PAGE_SIZE;

    (void)state;
    fresh();
    assert_int_equal(highest_gap(PAGE_SIZE, top), 99 * PAGE_SIZE);
    assert_int_equal(highest_gap(top + PAGE_SIZE, top), 0);
    insert(0, 90, 100);
    insert(1, 80, 85);
    insert(2, 10, 60);
    assert_int_equal(highest_gap(5 * PAGE_SIZE, top), 85 * PAGE_SIZE);
    assert_int_equal(highest_gap(6 * PAGE_SIZE, top), 74 * PAGE_SIZE);
    assert_int_equal(highest_gap(20 * PAGE_SIZE, top), 60 * PAGE_SIZE);
    assert_int_equal(highest_gap(21 * PAGE_SIZE, top), 0);
    assert_int_equal(highest_gap(3 * PAGE_SIZE, 87 * PAGE_SIZE), 77 * PAGE_SIZE);
    assert_int_equal(highest_gap(2 * PAGE_SIZE, 87 * PAGE_SIZE), 85 * PAGE_SIZE);
}

static void only_a_whole_unshifted_page_is_the_objects(void **state)
{
    struct vm_area_struct vma = {.start = 0x10000, .end = 0x14000, .file_bytes = 0x1800};

    (void)state;
    assert_true(vma_maps_whole_page(&vma, 0x10000));
    assert_false(vma_maps_whole_page(&vma, 0x11000)); /* the file ends in it */
    assert_false(vma_maps_whole_page(&vma, 0x12000)); /* behind the file's part */
    vma.offset = 0x3000;
    assert_true(vma_maps_whole_page(&vma, 0x10000));
    vma.offset = 0x3010;
    assert_false(vma_maps_whole_page(&vma, 0x10000));
}

/* ---- Against a model ---- */

static struct vm_area_struct *where[PAGES];

static void check_all(uint32_t count)
{
    struct vm_area_struct *vma = find_vma(&mm, 0), *before = NULL;
    uint32_t seen = 0;

    for (uint32_t page = 0; page < PAGES;) {
        if (!where[page]) {
            page++;
            continue;
        }
        assert_ptr_equal(vma, where[page]);
        assert_ptr_equal(vma_prev(vma), before);
        assert_int_equal(vma->start, (uint64_t)page << PAGE_SHIFT);
        page = (uint32_t)(vma->end >> PAGE_SHIFT);
        before = vma;
        vma = vma_next(vma);
        seen++;
    }
    assert_null(vma);
    assert_ptr_equal(vma_last(&mm), before);
    assert_int_equal(seen, count);
    assert_int_equal(mm.vma_count, count);
}

static bool range_is_free(uint32_t start, uint32_t end)
{
    for (uint32_t page = start; page < end; page++)
        if (where[page])
            return false;
    return true;
}

static void mark(const struct vm_area_struct *vma, struct vm_area_struct *value)
{
    for (uint64_t page = vma->start >> PAGE_SHIFT; page < vma->end >> PAGE_SHIFT; page++)
        where[page] = value;
}

static uint64_t model_gap(uint32_t length, uint32_t top)
{
    uint32_t run = 0;

    for (uint32_t page = top; page-- > 0;) {
        run = where[page] ? 0 : run + 1;
        if (run == length)
            return (uint64_t)page << PAGE_SHIFT;
    }
    return 0;
}

/* What is at, before and after a place of the address space. */
static void check_place(uint32_t page)
{
    uint64_t va = (uint64_t)page << PAGE_SHIFT;
    uint32_t above = page;

    while (above < PAGES && !where[above])
        above++;
    assert_ptr_equal(find_vma(&mm, va + mock_random(PAGE_SIZE)),
                     above < PAGES ? where[above] : NULL);
}

/* The first area with a page in [page, end), or the last; NULL: there is none. */
static struct vm_area_struct *first_in(uint32_t page, uint32_t end)
{
    while (page < end && !where[page])
        page++;
    return page < end ? where[page] : NULL;
}

static struct vm_area_struct *last_in(uint32_t page, uint32_t end)
{
    while (end > page && !where[end - 1])
        end--;
    return end > page ? where[end - 1] : NULL;
}

/* The areas in and around a range; those that reach over its edges are in it. */
static void check_range(uint32_t page, uint32_t end)
{
    struct vm_area_struct *first = first_in(page, PAGES), *last = last_in(0, end);
    struct vm_area_struct *below, *above;
    struct vma_range range;
    uint32_t low = page, high = end;

    while (low > 0 && where[low - 1] && where[low - 1] == where[page])
        low--;
    while (high < PAGES && where[high] && where[high] == where[end - 1])
        high++;
    below = last_in(0, low);
    above = first_in(high, PAGES);
    vma_find_range(&mm, (uint64_t)page << PAGE_SHIFT, (uint64_t)end << PAGE_SHIFT, &range);
    assert_ptr_equal(range.below, below);
    assert_ptr_equal(range.above, above);
    assert_ptr_equal(range.first, first);
    assert_ptr_equal(range.last, last);
}

/* Moves both ends to anywhere between the neighbours. */
static void resize(struct vm_area_struct *vma)
{
    uint32_t low, high, start, end;

    mark(vma, NULL);
    low = high = (uint32_t)(vma->start >> PAGE_SHIFT);
    while (low > 0 && !where[low - 1])
        low--;
    while (high < PAGES && !where[high])
        high++;
    if (high - low > 40) /* not all of it, or little would happen */
        high = low + 40;
    start = low + mock_random(high - low);
    end = start + 1 + mock_random(high - start);
    vma_resize(vma, (uint64_t)start << PAGE_SHIFT, (uint64_t)end << PAGE_SHIFT);
    mark(vma, vma);
}

static void random_operations_match_the_model(void **state)
{
    bool used[AREAS] = {0};
    uint32_t count = 0;

    (void)state;
    fresh();
    for (uint32_t round = 0; round < 60000; round++) {
        uint32_t i = mock_random(AREAS), page = mock_random(PAGES), length = 1 + mock_random(20);
        uint32_t end = page + 1 + mock_random(12);

        check_place(page);
        check_range(page, end < PAGES ? end : PAGES);
        if (length <= page)
            assert_int_equal(highest_gap((uint64_t)length << PAGE_SHIFT,
                                         (uint64_t)page << PAGE_SHIFT), model_gap(length, page));
        if (used[i] && mock_random(2)) {
            resize(&area[i]);
        } else if (used[i]) {
            vma_remove(&mm, &area[i]);
            mark(&area[i], NULL);
            used[i] = false;
            count--;
        } else if (end <= PAGES) {
            bool fits = range_is_free(page, end);

            assert_int_equal(insert(i, page, end), fits ? 0 : -1);
            used[i] = fits;
            if (fits) {
                mark(&area[i], &area[i]);
                count++;
            }
        }
        if (round % 16 == 0)
            check_all(count);
    }
    check_all(count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_area_is_found_by_each_of_its_bytes),
        cmocka_unit_test(overlap_is_refused),
        cmocka_unit_test(a_removed_area_is_found_no_more),
        cmocka_unit_test(an_empty_area_is_a_bug),
        cmocka_unit_test(a_charged_area_is_not_unreserved),
        cmocka_unit_test(the_highest_gap_is_taken),
        cmocka_unit_test(only_a_whole_unshifted_page_is_the_objects),
        cmocka_unit_test(random_operations_match_the_model),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
