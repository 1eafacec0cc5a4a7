/* needs: mmu/page_table.c lib/string.c */
/*
 * The page-table walker at 3, 4 and 5 levels, against a model: a list of which address has which
 * leaf. The tables are also read here by a walk of the test's own, straight from the specification.
 */
#include "mock.h"

#include <pthread.h>
#include <stdatomic.h>

#include "mem/frame.h"
#include "mmu/page_table.h"

#define FRAMES 4096u
#define ADDRESSES 256u

static struct page_table table;

static void fresh(uint32_t levels)
{
    mock_ram(FRAMES);
    mock_locks_held = 0;
    kernel_page_table.root = NULL;
    assert_int_equal(page_table_init(&table, levels), 0);
}

/* Walks, with a full supply. */
static pte_t *walk(uint64_t va)
{
    struct table_supply supply = {.count = 0};
    pte_t *slot;

    assert_int_equal(table_supply_fill(&supply, table.levels, 0), 0);
    assert_int_equal(supply.count, table.levels - 1);
    spin_lock(&table.lock);
    slot = walk_page_table(&table, va, &supply);
    spin_unlock(&table.lock);
    table_supply_drop(&supply);
    assert_int_equal(supply.count, 0);
    return slot;
}

/* "Virtual Address Translation Process", without the permissions. Returns the leaf entry, or 0. */
static pte_t translate(uint64_t va)
{
    const pte_t *entries = table.root;

    for (int level = (int)table.levels - 1;; level--) {
        pte_t entry = entries[(va >> (12 + 9 * level)) & 0x1ff];

        if (level == 0)
            return entry;
        if (!(entry & 1))
            return 0;
        assert_int_equal(entry & 0x3ff, 1); /* a pointer has V and nothing else */
        entries = direct_va((entry >> 10 & ((1ul << 44) - 1)) << 12);
    }
}

static void an_address_has_nine_bits_a_level(void **state)
{
    const uint64_t va = 1ul << 48 | 2ul << 39 | 3ul << 30 | 4ul << 21 | 5ul << 12 | 0xabc;

    (void)state;
    for (uint32_t level = 0; level < 5; level++)
        assert_int_equal(pte_index(va, level), 5 - level);
    for (uint32_t level = 0; level < 5; level++)
        assert_int_equal(pte_index(UINT64_MAX, level), 511);
    assert_int_equal(user_half_end(3), 1ul << 38);
    assert_int_equal(user_half_end(4), 1ul << 47);
    assert_int_equal(user_half_end(5), 1ul << 56);
}

static void each_level_uses_its_own_index(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        uint64_t va = 0;

        fresh(levels);
        for (uint32_t level = 0; level < levels; level++)
            va |= (uint64_t)(17 + level) << (12 + 9 * level);
        pte_set(walk(va), pte_make((pfn_t){0x1234}, 0xff));
        const pte_t *entries = table.root;
        for (uint32_t level = levels - 1; level > 0; level--) {
            for (uint32_t i = 0; i < PTES_PER_TABLE; i++)
                assert_int_equal(entries[i] != 0, i == 17 + level);
            entries = direct_va(pte_pfn(entries[17 + level]).number << 12);
        }
        for (uint32_t i = 0; i < PTES_PER_TABLE; i++)
            assert_int_equal(entries[i], i == 17 ? 0x1234ul << 10 | 0xff : 0);
        assert_int_equal(table.table_frames, levels);
        assert_int_equal(mock_frames_out, levels);
    }
}

static void a_pointer_to_a_table_carries_only_v(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        fresh(levels);
        walk(user_half_end(levels) - PAGE_SIZE);
        walk(0);
        (void)translate(0); /* asserts it */
        (void)translate(user_half_end(levels) - PAGE_SIZE);
    }
}

static void finding_builds_nothing(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        fresh(levels);
        assert_null(pte_find(&table, 0x1000));
        assert_int_equal(mock_frames_out, 1);
        walk(0x1000);
        assert_ptr_equal(pte_find(&table, 0x1000), walk(0x1000));
        assert_non_null(pte_find(&table, 0x2000)); /* the same leaf table */
        assert_null(pte_find(&table, 1ul << 30));
        assert_null(pte_find(&table, user_half_end(levels) - PAGE_SIZE));
        assert_int_equal(mock_frames_out, levels);
    }
}

static void a_path_cut_short_is_kept_and_completed_later(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        for (uint32_t had = 0; had < levels - 1; had++) {
            struct table_supply supply = {.count = 0};
            const uint64_t va = 0x123456000;

            fresh(levels);
            for (uint32_t i = 0; i < had; i++)
                supply.frame[supply.count++] = allocate_page_table(0);
            assert_null(walk_page_table(&table, va, &supply));
            assert_int_equal(supply.count, 0);
            assert_int_equal(table.table_frames, 1 + had);
            assert_null(pte_find(&table, va));
            assert_int_equal(translate(va), 0);

            assert_non_null(walk(va)); /* uses what is there */
            assert_int_equal(table.table_frames, levels);
            assert_int_equal(mock_frames_out, levels);
            page_table_destroy(&table);
            assert_int_equal(mock_frames_out, 0);
        }
    }
}

static void nothing_is_lost_when_frames_run_out(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        for (int64_t n = 0; n < levels - 1; n++) {
            struct table_supply supply = {.count = 0};

            fresh(levels);
            mock_fail_after = n;
            assert_true(table_supply_fill(&supply, levels, 0) < 0);
            assert_int_equal(supply.count, n);
            table_supply_drop(&supply);
            assert_int_equal(mock_frames_out, 1);
        }
        mock_fail_after = 0;
        assert_true(page_table_init(&table, levels) < 0);
        assert_int_equal(mock_frames_out, 1); /* the table before */
    }
    mock_fail_after = -1;
}

static void a_root_shares_the_kernel_half(void **state)
{
    struct page_table user;

    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        mock_ram(FRAMES);
        kernel_page_table.root = NULL;
        assert_int_equal(page_table_init(&table, levels), 0);
        for (uint32_t i = 0; i < PTES_PER_TABLE; i++)
            table.root[i] = pte_make((pfn_t){1000 + i}, PTE_V);
        kernel_page_table = table;
        assert_int_equal(page_table_init(&user, levels), 0);
        for (uint32_t i = 0; i < PTES_PER_TABLE; i++)
            assert_int_equal(user.root[i], i < PTES_PER_TABLE / 2 ? 0 : table.root[i]);
        assert_int_equal(mock_frames_out, 2);
        page_table_destroy(&user); /* must not touch what the kernel's entries point to */
        assert_int_equal(mock_frames_out, 1);
    }
    kernel_page_table.root = NULL;
}

/* ---- Against a model ---- */

struct leaf {
    uint64_t va;
    pte_t pte;
    bool used;
};

static uint64_t some_address(uint32_t levels, const struct leaf *leaf)
{
    uint64_t va = mock_random64() & (user_half_end(levels) - 1) & ~PAGE_MASK;

    switch (mock_random(4)) {
    case 0:
        return va;
    case 1: /* a neighbour of one that is used */
        return (leaf[mock_random(ADDRESSES)].va + PAGE_SIZE) & (user_half_end(levels) - 1);
    case 2: /* shares its tables down to some level */
        return (leaf[mock_random(ADDRESSES)].va ^ PAGE_SIZE << 9 * mock_random(levels)) &
               (user_half_end(levels) - 1);
    default:
        return va & 0xffffff000;
    }
}

static struct leaf *model_find(struct leaf *leaf, uint64_t va)
{
    for (uint32_t i = 0; i < ADDRESSES; i++)
        if (leaf[i].used && leaf[i].va == va)
            return &leaf[i];
    return NULL;
}

/* pte_next must pass over no leaf, and go forward only. */
static void check_iteration(struct leaf *leaf, uint64_t start, uint64_t end)
{
    uint64_t va = start, expected = 0, seen = 0, before = 0;
    pte_t *slot;

    for (uint32_t i = 0; i < ADDRESSES; i++)
        expected += leaf[i].used && leaf[i].va >= start && leaf[i].va < end;
    for (bool first = true; (slot = pte_next(&table, &va, end)); va += PAGE_SIZE) {
        assert_true(va >= start && va < end && (first || va > before));
        assert_ptr_equal(slot, pte_find(&table, va));
        seen += *slot != 0;
        before = va;
        first = false;
    }
    assert_int_equal(seen, expected);
}

static void random_walks(uint32_t levels)
{
    struct leaf leaf[ADDRESSES] = {{0}};

    fresh(levels);
    for (uint32_t round = 0; round < 4000; round++) {
        uint64_t va = some_address(levels, leaf);
        struct leaf *known = model_find(leaf, va);
        pte_t *slot = pte_find(&table, va);

        assert_int_equal(slot ? *slot : 0, known ? known->pte : 0);
        assert_int_equal(translate(va), known ? known->pte : 0);
        if (!known && mock_random(2)) {
            known = &leaf[mock_random(ADDRESSES)];
            if (known->used)
                pte_swap(&table, known->va, pte_find(&table, known->va), 0);
            *known = (struct leaf){va, pte_make((pfn_t){mock_random64() >> 20},
                                                PTE_V | PTE_R | (mock_random(256) & 0xfc)), true};
            if (table.table_frames + levels > FRAMES) {
                known->used = false;
                continue;
            }
            pte_set(walk(va), known->pte);
        } else if (known && mock_random(4) == 0) {
            pte_swap(&table, va, slot, 0);
            known->used = false;
        }
        assert_int_equal(mock_frames_out, table.table_frames);
    }
    for (uint32_t i = 0; i < 50; i++) {
        uint64_t a = some_address(levels, leaf), b = some_address(levels, leaf);

        check_iteration(leaf, a < b ? a : b, a < b ? b : a);
    }
    check_iteration(leaf, 0, user_half_end(levels));
    for (uint32_t i = 0; i < ADDRESSES; i++)
        if (leaf[i].used)
            pte_swap(&table, leaf[i].va, pte_find(&table, leaf[i].va), 0);
    page_table_destroy(&table);
    assert_int_equal(mock_frames_out, 0);
    assert_int_equal(mock_locks_held, 0);
}

static void random_walks_match_the_model(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++)
        random_walks(levels);
    mock_ram_free();
}

/* ---- Which tables the union of areas needs ---- */

#define AREAS 12u
#define PLACES 96u

static struct area {
    uint64_t start, end;
} areas[AREAS]; /* in order, apart */
static uint32_t area_count;

/* An address that was walked to, and which of the tables on its way are still there. */
static struct place {
    uint64_t va;
    bool has[5];
} places[PLACES];

static uint32_t span_shift(uint32_t level)
{
    return 12 + 9 * level;
}

static uint64_t tables_of_union(uint32_t levels)
{
    uint64_t count = 0;

    for (uint32_t level = 1; level < levels; level++) {
        uint64_t next = 0; /* tables below it are counted */

        for (uint32_t i = 0; i < area_count; i++) {
            uint64_t first = areas[i].start >> span_shift(level);
            uint64_t behind = ((areas[i].end - 1) >> span_shift(level)) + 1;

            first = first > next ? first : next;
            count += behind > first ? behind - first : 0;
            next = behind;
        }
    }
    return count;
}

/* The area that contains va or begins above it: its place in the list. */
static uint32_t area_after(uint64_t va)
{
    uint32_t i = 0;

    while (i < area_count && areas[i].end <= va)
        i++;
    return i;
}

static uint64_t floor_of(uint32_t i)
{
    return i > 0 ? areas[i - 1].end : 0;
}

static uint64_t ceiling_of(uint32_t i)
{
    return i < area_count ? areas[i].start : UINT64_MAX;
}

static void model_insert(uint32_t i, struct area area)
{
    memmove(&areas[i + 1], &areas[i], (area_count++ - i) * sizeof(area));
    areas[i] = area;
}

static void walk_in(struct area area, uint64_t va)
{
    for (uint32_t i = 0; i < PLACES; i++) {
        if (places[i].has[table.levels - 1])
            continue;
        places[i].va = va < area.start || va >= area.end ? area.start : va;
        walk(places[i].va);
        for (uint32_t level = 1; level < table.levels; level++)
            places[i].has[level] = true;
        return;
    }
}

/* What was promised for it. */
static uint64_t add_area(struct area area)
{
    uint32_t i = area_after(area.start);
    uint64_t needed;

    if (area_count == AREAS || ceiling_of(i) < area.end)
        return 0;
    needed = tables_needed(table.levels, area.start, area.end, floor_of(i), ceiling_of(i));
    model_insert(i, area);
    walk_in(area, area.start);
    walk_in(area, area.end - PAGE_SIZE);
    walk_in(area, (area.start + area.end) / 2 & ~PAGE_MASK);
    return needed;
}

/* Takes piece out of area i; what was promised for it alone. */
static uint64_t remove_piece(uint32_t i, struct area piece)
{
    struct area whole = areas[i];
    struct list_head removed;

    memmove(&areas[i], &areas[i + 1], (--area_count - i) * sizeof(whole));
    if (piece.end < whole.end)
        model_insert(i, (struct area){piece.end, whole.end});
    if (piece.start > whole.start)
        model_insert(i++, (struct area){whole.start, piece.start});
    list_init(&removed);
    spin_lock(&table.lock);
    page_table_prune(&table, piece.start, piece.end, floor_of(i), ceiling_of(i), &removed);
    spin_unlock(&table.lock);
    for (struct list_head *link; (link = list_first(&removed)) != NULL;) {
        list_del(link);
        page_put(container_of(link, struct page, lru.link));
    }
    return tables_needed(table.levels, piece.start, piece.end, floor_of(i), ceiling_of(i));
}

/* Just those tables are there which a walk built and an area still needs. */
static void check_tables(void)
{
    uint32_t count = 1;

    for (uint32_t i = 0; i < PLACES; i++) {
        for (uint32_t level = 1; level < table.levels; level++) {
            uint64_t number = places[i].va >> span_shift(level);
            uint64_t span = number << span_shift(level), next = (number + 1) << span_shift(level);
            uint32_t other = 0;

            if (ceiling_of(area_after(span)) >= next)
                places[i].has[level] = false;
            while (other < i && !(places[other].has[level] &&
                                  places[other].va >> span_shift(level) == number))
                other++;
            count += places[i].has[level] && other == i;
        }
        if (places[i].has[1])
            assert_non_null(pte_find(&table, places[i].va));
    }
    assert_int_equal(table.table_frames, count);
    assert_int_equal(mock_frames_out, count);
}

static struct area some_area(uint32_t levels)
{
    uint64_t limit = user_half_end(levels);
    uint64_t start = area_count && mock_random(4) ? areas[mock_random(area_count)].end
                                                  : mock_random64() & (limit - 1) & ~PAGE_MASK;
    uint64_t bytes = (1 + mock_random64() % (1ul << mock_random(9 * levels - 2))) * PAGE_SIZE;

    if (mock_random(2))
        start += mock_random(600) * PAGE_SIZE;
    start = start < limit ? start : 0;
    return (struct area){start, bytes < limit - start ? start + bytes : limit};
}

static void tables_are_those_of_the_union(void **state)
{
    (void)state;
    for (uint32_t levels = 3; levels <= 5; levels++) {
        uint64_t promised = 0;

        fresh(levels);
        area_count = 0;
        memset(places, 0, sizeof(places));
        for (uint32_t round = 0; round < 1500; round++) {
            if (mock_random(2)) {
                promised += add_area(some_area(levels));
            } else if (area_count > 0) {
                uint32_t i = mock_random(area_count);
                struct area piece = areas[i];

                if (mock_random(3) == 0)
                    piece.start += mock_random64() % (piece.end - piece.start) & ~PAGE_MASK;
                if (mock_random(3) == 0 && area_count < AREAS)
                    piece.end -= mock_random64() % (piece.end - piece.start) & ~PAGE_MASK;
                promised -= remove_piece(i, piece);
            }
            assert_int_equal(promised, tables_of_union(levels));
            check_tables();
        }
        page_table_destroy(&table);
        assert_int_equal(mock_frames_out, 0);
    }
    mock_ram_free();
}

/* ---- Entries ---- */

static void an_entry_is_of_one_kind(void **state)
{
    (void)state;
    assert_int_equal(pte_kind(0), PTE_EMPTY);
    assert_int_equal(pte_kind(PTE_V | PTE_R), PTE_PRESENT);
    assert_int_equal(pte_kind(pte_make((pfn_t){77}, PTE_SOFT_NONE)), PTE_NONE);
    assert_int_equal(pte_kind(pte_make((pfn_t){77}, PTE_SOFT_SWAP)), PTE_SWAP);
    assert_int_equal(pte_pfn(pte_make((pfn_t){(1ul << 44) - 1}, 0x3ff)).number, (1ul << 44) - 1);
    assert_true(pte_is_table(pte_make((pfn_t){5}, PTE_V)));
    assert_false(pte_is_table(pte_make((pfn_t){5}, PTE_V | PTE_R)));
    assert_false(pte_is_table(pte_make((pfn_t){5}, PTE_V | PTE_X)));
    assert_false(pte_is_table(pte_make((pfn_t){5}, 0)));
}

#define STORES 4000000

static pte_t shared_entry;
static atomic_bool is_storing;

/* Another hart that stores through the entry: as hardware does, it sets A and D. Returns losses. */
static void *store_through_entry(void *unused)
{
    uint64_t lost = 0;

    (void)unused;
    for (int i = 0; i < STORES; i++) {
        pte_mark(&shared_entry, ACCESS_WRITE);
        lost += !(pte_load(&shared_entry) & PTE_D);
        __atomic_fetch_and(&shared_entry, ~(pte_t)PTE_D, __ATOMIC_RELAXED);
        lost += (pte_load(&shared_entry) & PTE_D) != 0;
    }
    is_storing = false;
    return (void *)lost;
}

static void an_accessed_bit_is_taken_and_no_other(void **state)
{
    pthread_t hart;
    void *lost;

    (void)state;
    shared_entry = pte_make((pfn_t){77}, PTE_V | PTE_R | PTE_W | PTE_U);
    is_storing = true;
    assert_int_equal(pthread_create(&hart, NULL, store_through_entry, NULL), 0);
    while (is_storing)
        pte_test_clear_accessed(&table, 0, &shared_entry);
    assert_int_equal(pthread_join(hart, &lost), 0);
    assert_ptr_equal(lost, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_nine_bits_a_level),
        cmocka_unit_test(each_level_uses_its_own_index),
        cmocka_unit_test(a_pointer_to_a_table_carries_only_v),
        cmocka_unit_test(finding_builds_nothing),
        cmocka_unit_test(a_path_cut_short_is_kept_and_completed_later),
        cmocka_unit_test(nothing_is_lost_when_frames_run_out),
        cmocka_unit_test(a_root_shares_the_kernel_half),
        cmocka_unit_test(random_walks_match_the_model),
        cmocka_unit_test(tables_are_those_of_the_union),
        cmocka_unit_test(an_entry_is_of_one_kind),
        cmocka_unit_test(an_accessed_bit_is_taken_and_no_other),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
