/* needs: vm/vma.c lib/rbtree.c */
/*
 * The tree of areas, against an array of pages that says which area is where: find, insert, overlap
 * refused, remove, next in order; and what an area is charged.
 */
#include "mock.h"

#include "riscv/memlayout.h"
#include "vm/mm.h"
#include "vm/vma.h"

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
    area[i].start = start << PAGE_SHIFT;
    area[i].end = end << PAGE_SHIFT;
    return vma_insert(&mm, &area[i]);
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
        {10, 20, -17}, {9, 11, -17}, {19, 21, -17}, {12, 13, -17}, {5, 25, -17}, {10, 11, -17},
        {19, 20, -17}, {8, 10, 0}, {20, 22, 0}};

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

static void a_writable_area_is_charged_for_its_pages_and_tables(void **state)
{
    struct vm_area_struct vma = {.start = 0, .end = 3 * PAGE_SIZE, .access = ACCESS_WRITE};

    (void)state;
    assert_int_equal(vma_charge(&vma, 3).pages, 3);
    assert_int_equal(vma_charge(&vma, 3).unswappable, 2);
    assert_int_equal(vma_charge(&vma, 5).unswappable, 4);
    vma.flags = VMA_UNRESERVED;
    assert_int_equal(vma_charge(&vma, 3).pages, 0);
    vma.flags = 0;
    vma.access = ACCESS_READ | ACCESS_EXEC;
    assert_int_equal(vma_charge(&vma, 3).pages, 0);
    vma.start = (1ul << 30) - PAGE_SIZE; /* crosses into another table at two levels */
    vma.end = (1ul << 30) + PAGE_SIZE;
    assert_int_equal(vma_charge(&vma, 3).unswappable, 4);
    vma.start = 0;
    vma.end = 512 * PAGE_SIZE; /* exactly one table */
    assert_int_equal(vma_charge(&vma, 3).unswappable, 2);
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
    struct vm_area_struct *vma = find_vma(&mm, 0);
    uint32_t seen = 0;

    for (uint32_t page = 0; page < PAGES;) {
        if (!where[page]) {
            page++;
            continue;
        }
        assert_ptr_equal(vma, where[page]);
        assert_int_equal(vma->start, (uint64_t)page << PAGE_SHIFT);
        page = (uint32_t)(vma->end >> PAGE_SHIFT);
        vma = vma_next(vma);
        seen++;
    }
    assert_null(vma);
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

static void random_operations_match_the_model(void **state)
{
    bool used[AREAS] = {0};
    uint32_t count = 0;

    (void)state;
    fresh();
    for (uint32_t round = 0; round < 60000; round++) {
        uint32_t i = mock_random(AREAS), page = mock_random(PAGES), first = page;

        while (first < PAGES && !where[first])
            first++;
        assert_ptr_equal(find_vma(&mm, ((uint64_t)page << PAGE_SHIFT) + mock_random(PAGE_SIZE)),
                         first < PAGES ? where[first] : NULL);
        if (used[i]) {
            vma_remove(&mm, &area[i]);
            mark(&area[i], NULL);
            used[i] = false;
            count--;
        } else {
            uint32_t end = page + 1 + mock_random(12);

            if (end > PAGES)
                continue;
            bool fits = range_is_free(page, end);
            assert_int_equal(insert(i, page, end), fits ? 0 : -17);
            if (fits) {
                mark(&area[i], &area[i]);
                used[i] = true;
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
        cmocka_unit_test(a_writable_area_is_charged_for_its_pages_and_tables),
        cmocka_unit_test(only_a_whole_unshifted_page_is_the_objects),
        cmocka_unit_test(random_operations_match_the_model),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
