/* needs: mem/frame.c mem/chains.c mem/buddy.c mem/vm_stat.c lib/string.c */
/*
 * Single frames and blocks: a hart's list, loose chains and the buddy allocator together, by hand
 * and against a model that knows, frame by frame, what is allocated.
 */
#include "mock.h"

#include "mem/buddy.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"

#define FRAMES 128u
#define CHAIN 16u
#define TO_THE_LAST (FRAME_NOWAIT | FRAME_RESERVE)

static struct page *table;

static void fresh(uint64_t frames)
{
    frame_drain_lists(); /* which may have frames of the table before */
    free(table);
    table = calloc(frames, sizeof *table);
    memset(harts, 0, sizeof harts);
    frame_managed = 0;
    frame_table_init(MOCK_RAM_FIRST_PFN, frames, table);
    frame_add_range(MOCK_RAM_FIRST_PFN, frames);
}

static void put(struct page *page)
{
    page->counts = 0;
    frame_free(page);
}

/* So many frames, one by one. */
static void take(struct page *page[], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        page[i] = frame_alloc(FRAME_ANON, TO_THE_LAST);
        assert_non_null(page[i]);
        assert_int_equal(page_refs(page[i]), 1);
    }
}

static void ledger_read(uint64_t frames[FRAME_CLASSES])
{
    frames[FRAME_FREE] = frame_free_now();
    for (unsigned class = FRAME_FREE + 1; class < FRAME_CLASSES; class++)
        frames[class] = vm_stat_sum(VM_STAT_LEDGER + class);
}

static void check_ledger(uint64_t anonymous, uint64_t kernel)
{
    uint64_t frames[FRAME_CLASSES];

    ledger_read(frames);
    assert_int_equal(frames[FRAME_ANON], anonymous);
    assert_int_equal(frames[FRAME_KERNEL], kernel);
    assert_int_equal(frames[FRAME_FREE], frame_managed - anonymous - kernel);
    assert_int_equal(mock_locks_held, 0);
}

static void every_frame_is_found_once(void **state)
{
    struct page *page[FRAMES];

    (void)state;
    fresh(FRAMES);
    check_ledger(0, 0);
    take(page, FRAMES);
    assert_null(frame_alloc(FRAME_ANON, TO_THE_LAST));
    for (unsigned i = 0; i < FRAMES; i++)
        for (unsigned j = 0; j < i; j++)
            assert_ptr_not_equal(page[i], page[j]);
    check_ledger(FRAMES, 0);
    for (unsigned i = 0; i < FRAMES; i++)
        put(page[i]);
    check_ledger(0, 0);
}

static void some_frames_are_kept(void **state)
{
    unsigned kept = 0;

    (void)state;
    fresh(FRAMES);
    while (frame_alloc(FRAME_KERNEL, FRAME_NOWAIT))
        ;
    while (frame_alloc(FRAME_KERNEL, TO_THE_LAST))
        kept++;
    assert_in_range(kept, CHAIN, FRAMES / 2);
}

/* Whole chains that came back are handed out again without the buddy allocator. */
static void chains_go_round(void **state)
{
    struct page *page[FRAMES];
    uint64_t in_blocks;

    (void)state;
    fresh(FRAMES);
    for (unsigned round = 0; round < 3; round++) {
        take(page, 6 * CHAIN);
        if (round > 0)
            assert_int_equal(page_allocator.free_frames, in_blocks);
        in_blocks = page_allocator.free_frames;
        for (unsigned i = 0; i < 6 * CHAIN; i++)
            put(page[i]);
        assert_int_equal(page_allocator.free_frames, in_blocks);
        check_ledger(0, 0);
    }
}

/* Loose chains are taken apart for a block that is not there, and no more of them than needed. */
static void chains_merge_on_demand(void **state)
{
    struct page *page[FRAMES], *block;

    (void)state;
    fresh(FRAMES);
    take(page, FRAMES);
    for (unsigned i = 0; i < FRAMES; i++)
        put(page[i]);
    assert_int_equal(page_allocator.free_frames, 0);
    block = alloc_pages(4);
    assert_non_null(block);
    assert_int_equal(page_allocator.free_frames, 0); /* the frames of one chain */
    check_ledger(0, CHAIN);
    free_pages(block, 4);
    assert_null(alloc_pages(7)); /* the hart's list has some */
    frame_drain_lists();
    block = alloc_pages(7);
    assert_non_null(block);
    check_ledger(0, FRAMES);
    free_pages(block, 7);
    check_ledger(0, 0);
}

/* ---- Against a model ---- */

struct block {
    struct page *page;
    int order; /* SINGLE: by frame_alloc() */
};
#define SINGLE (-1)

static bool used[FRAMES];

static bool model_has(unsigned order)
{
    for (unsigned first = 0; first + (1u << order) <= FRAMES; first += 1u << order) {
        unsigned i = first;

        while (i < first + (1u << order) && !used[i])
            i++;
        if (i == first + (1u << order))
            return true;
    }
    return false;
}

static unsigned mark(struct block block, bool value)
{
    unsigned count = block.order == SINGLE ? 1 : 1u << block.order;
    unsigned first = (unsigned)(block.page - table);

    assert_true(block.page >= table && first + count <= FRAMES && first % count == 0);
    for (unsigned i = first; i < first + count; i++) {
        assert_int_equal(used[i], !value);
        used[i] = value;
    }
    return count;
}

static void random_operations_match_the_model(void **state)
{
    struct block held[FRAMES];
    uint64_t single = 0, kernel = 0;
    unsigned count = 0;

    (void)state;
    fresh(FRAMES);
    for (unsigned round = 0; round < 40000; round++) {
        bool more = mock_random(100) < (round / 500 % 2 ? 70 : 30);
        struct block block = {.order = mock_random(8) ? SINGLE : (int)mock_random(7)};

        if (more && block.order == SINGLE) {
            block.page = frame_alloc(FRAME_ANON, TO_THE_LAST);
            assert_int_equal(block.page != NULL, single + kernel < FRAMES);
        } else if (more) {
            frame_drain_lists();
            block.page = alloc_pages((unsigned)block.order);
            assert_int_equal(block.page != NULL, model_has((unsigned)block.order));
        }
        if (more && block.page) {
            *(block.order == SINGLE ? &single : &kernel) += mark(block, true);
            held[count++] = block;
        } else if (!more && count > 0) {
            unsigned i = mock_random(count);

            block = held[i];
            held[i] = held[--count];
            *(block.order == SINGLE ? &single : &kernel) -= mark(block, false);
            if (block.order == SINGLE)
                put(block.page);
            else
                free_pages(block.page, (unsigned)block.order);
        }
        check_ledger(single, kernel);
    }
    frame_drain_lists();
    free(table);
    table = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_is_found_once),
        cmocka_unit_test(some_frames_are_kept),
        cmocka_unit_test(chains_go_round),
        cmocka_unit_test(chains_merge_on_demand),
        cmocka_unit_test(random_operations_match_the_model),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
