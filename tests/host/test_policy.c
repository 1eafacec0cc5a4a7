/* needs: vm/replacement/policy.c vm/replacement/policies/p*.c lib/string.c user/reftrace/str*.c */
/*
 * The kernel's replacement policies under a quota that is played here: how many faults they cost on
 * strings with a known outcome, and that their lists stay whole whatever is done to them.
 *
 * With arguments it prints what tests/model/model prints for the same ones, for comparison:
 * string STRING FRAMES [SEED], and victims STRING POLICY FRAMES [SEED].
 */
#include "mock.h"

#include "../../user/reftrace/strings.h"
#include "abi/mman.h"
#include "vm/replacement/policy.h"

#define PAGES 4200u

extern const struct lru_ops *const __start_lru_policies[];
extern const struct lru_ops *const __stop_lru_policies[];

struct frame {
    struct lru_node node;
    bool resident, accessed;
    uint32_t stamp;
};

static struct frame pages[PAGES];
static struct lru_list list;
static uint32_t newest; /* whose first use does not count */

static void start(const struct lru_ops *ops, uint32_t frames)
{
    memset(pages, 0, sizeof pages);
    lru_list_init(&list, ops);
    list.capacity = frames;
    newest = 0;
}

static struct frame *frame_of(struct lru_node *node)
{
    return (struct frame *)((char *)node - offsetof(struct frame, node));
}

static bool test_and_clear(struct lru_node *node)
{
    bool accessed = frame_of(node)->accessed;

    frame_of(node)->accessed = false;
    return accessed;
}

/* Looks for a victim, and takes it off. How many bits were read. */
static uint32_t evict(struct frame **victim)
{
    struct lru_node *node;
    uint32_t looks = 0;

    do {
        node = list.ops->candidate(&list);
        assert_non_null(node);
        looks++;
    } while (!list.ops->judge(&list, node, test_and_clear(node)));
    *victim = frame_of(node);
    (*victim)->stamp = node->stamp;
    (*victim)->resident = false;
    assert_int_not_equal((*victim)->stamp, 0);
    list.ops->remove(&list, node);
    return looks;
}

/* One access, as the kernel serves it. True: a fault; *victim: who went for it, or NULL. */
static bool use(uint32_t page, struct frame **victim)
{
    bool fault = !pages[page].resident;

    *victim = NULL;
    if (fault) {
        pages[newest].accessed = false;
        list.incoming = pages[page].stamp;
        if (lru_list_length(&list) >= list.capacity)
            evict(victim);
        list.ops->add(&list, &pages[page].node, pages[page].stamp);
        pages[page].resident = true;
        newest = page;
    }
    pages[page].accessed = true;
    return fault;
}

/* Faults from the access on from which they count. */
static uint32_t misses(const char *name)
{
    struct string string;
    struct frame *victim;
    uint32_t count = 0;

    assert_int_equal(string_start(&string, name, (uint32_t)list.capacity, NULL), 0);
    while (string.at < string.length) {
        bool counts = string.at >= string.counted;

        count += use(string_next(&string), &victim) && counts;
    }
    return count;
}

/* ---- Known outcomes ---- */

/* lru, clock, fifo, aging, adaptive. What is the textbooks' was found with another simulator. */
static const struct {
    const char *string;
    uint32_t frames;
    uint32_t misses[5];
} known[] = {
    {"seq", 1024, {6144, 6144, 6144, 6144, 3264}},
    {"rnd", 1024, {2938, 2984, 3978, 2938, 2730}},
    {"rnd", 1008, {2987, 3039, 4064, 2984, 2794}},
    {"rnd", 600, {4786, 5858, 7183, 4072, 3878}},
    {"shift", 1024, {5794, 5896, 7980, 5873, 5832}},
    {"scanhot", 1024, {23781, 26509, 28027, 20128, 17643}},
    {"loop", 1024, {7175, 7175, 7175, 7175, 455}},
    {"zipf", 1024, {8817, 9409, 10598, 8184, 7885}},
    {"phase", 1024, {5506, 4607, 4607, 8125, 9429}},
    {"belady", 9, {30, 27, 27, 30, 22}},
    {"belady", 12, {24, 30, 30, 24, 19}},
};

static void misses_are_the_known_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (int policy = POLICY_LRU; policy <= POLICY_ADAPTIVE; policy++) {
            uint32_t count;

            start(lru_policy_numbered(policy), known[i].frames);
            count = misses(known[i].string);
            if (count != known[i].misses[policy])
                fail_msg("%s, %s, %u frames: %u misses, not %u", known[i].string, list.ops->name,
                         known[i].frames, count, known[i].misses[policy]);
        }
}

/* After 2^32 pages came in the clock begins anew; nobody is favoured or forgotten by that. */
static void the_clock_may_wrap(void **state)
{
    (void)state;
    for (int policy = POLICY_LRU; policy <= POLICY_ADAPTIVE; policy++) {
        start(lru_policy_numbered(policy), 1024);
        list.clock = UINT32_MAX - 3000;
        assert_int_equal(misses("rnd"), known[1].misses[policy]);
        assert_true(list.clock < UINT32_MAX / 2);
    }
}

static void policies_are_found(void **state)
{
    static const char *const names[] = {"lru", "clock", "fifo", "aging", "adaptive"};

    (void)state;
    for (int policy = POLICY_LRU; policy <= POLICY_ADAPTIVE; policy++) {
        assert_non_null(lru_policy_numbered(policy));
        assert_string_equal(lru_policy_numbered(policy)->name, names[policy]);
        assert_ptr_equal(lru_policy_named(names[policy]), lru_policy_numbered(policy));
    }
    assert_null(lru_policy_named("best"));
    assert_null(lru_policy_numbered(-1));
}

/* ---- Lists of the whole system: nobody announces pages, victims go by the dozen ---- */

/* A page of a list that has as much room as there are pages; it comes, or was there already. */
static void touch(uint32_t page)
{
    if (!pages[page].resident) {
        list.ops->add(&list, &pages[page].node, pages[page].stamp);
        pages[page].resident = true;
        list.capacity = lru_list_length(&list);
    } else {
        pages[page].accessed = true;
    }
}

/* Streams 6000 pages through; 100 others are used between any two batches of victims. */
static uint32_t hot_pages_lost(const struct lru_ops *ops)
{
    struct frame *victim;
    uint32_t lost = 0, next = 100;

    start(ops, 0);
    for (uint32_t round = 0; round < 300; round++) {
        for (uint32_t i = 0; i < 100; i++)
            touch(i);
        for (uint32_t i = 0; i < 20; i++, next = next + 1 < PAGES ? next + 1 : 100)
            touch(next);
        while (list.capacity > 400) {
            evict(&victim);
            list.capacity = lru_list_length(&list);
            lost += victim < pages + 100;
        }
    }
    return lost;
}

static void a_stream_does_not_push_out_what_is_in_use(void **state)
{
    (void)state;
    for (int policy = POLICY_LRU; policy <= POLICY_ADAPTIVE; policy++) {
        uint32_t lost = hot_pages_lost(lru_policy_numbered(policy));

        if (policy == POLICY_CLOCK || policy == POLICY_FIFO) /* to them what is new has been used */
            assert_true(lost > 300);
        else
            assert_int_equal(lost, 0);
    }
}

/* ---- Anything at any time ---- */

#define FEW 60u

static void check_lists(void)
{
    uint64_t resident = 0, found = 0;
    struct list_head *link;
    bool hand_found = list.hand == NULL;

    for (uint32_t i = 0; i < FEW; i++) {
        assert_int_equal(pages[i].resident, pages[i].node.place != 0);
        resident += pages[i].resident;
    }
    for (uint16_t place = 1; place <= LRU_PLACES; place++) {
        uint64_t count = 0;

        list_for_each (link, &list.pages[place - 1]) {
            struct lru_node *node = container_of(link, struct lru_node, link);

            assert_ptr_equal(link->next->prev, link);
            assert_int_equal(node->place, place);
            hand_found |= node == list.hand;
            assert_in_range(++count, 1, FEW);
        }
        assert_int_equal(list.count[place - 1], count);
        found += count;
    }
    assert_int_equal(found, resident);
    assert_int_equal(lru_list_length(&list), resident);
    assert_true(hand_found);
    assert_int_equal(list.ops->candidate(&list) != NULL, resident != 0);
}

static void judge_any(struct frame *page)
{
    if (list.ops->judge(&list, &page->node, test_and_clear(&page->node))) {
        page->stamp = page->node.stamp;
        assert_int_not_equal(page->stamp, 0);
        list.ops->remove(&list, &page->node);
        page->resident = false;
    }
}

/* Quotas change, pages go by other ways, several harts look for victims at the same time. */
static void random_operation(void)
{
    struct frame *page = &pages[mock_random(FEW)], *victim;
    uint32_t stamp = mock_random(2) ? page->stamp : 0;
    uint64_t length = lru_list_length(&list);

    switch (mock_random(8)) {
    case 0:
        list.capacity = mock_random(2) ? length : mock_random(FEW);
        break;
    case 1:
        if (length > 0)
            assert_in_range(evict(&victim), 1, 10 * FEW);
        break;
    case 2:
        if (mock_random(2))
            list.incoming = stamp;
        break;
    case 3:
        page->accessed = page->resident;
        break;
    default:
        if (!page->resident) {
            list.ops->add(&list, &page->node, stamp);
            page->resident = true;
        } else if (mock_random(3) == 0) {
            list.ops->remove(&list, &page->node);
            page->resident = false;
        } else {
            judge_any(page);
        }
    }
}

static void lists_stay_whole(void **state)
{
    struct frame *victim;

    (void)state;
    for (const struct lru_ops *const *at = __start_lru_policies; at < __stop_lru_policies; at++) {
        start(*at, FEW / 2);
        for (uint32_t round = 0; round < 40000; round++) {
            random_operation();
            check_lists();
        }
        while (lru_list_length(&list) > 0) {
            evict(&victim);
            check_lists();
        }
    }
}

/* ---- For comparison with the model ---- */

static int print_string(struct string *string)
{
    while (string->at < string->length)
        printf("%u\n", string_next(string));
    return 0;
}

static int print_victims(struct string *string)
{
    while (string->at < string->length) {
        uint32_t access = string->at;
        struct frame *victim;

        use(string_next(string), &victim);
        if (victim)
            printf("%u %u\n", access, (uint32_t)(victim - pages));
    }
    return 0;
}

static int print(int argc, char **argv)
{
    bool victims = strcmp(argv[1], "victims") == 0;
    const struct lru_ops *ops = argc > 3 ? lru_policy_named(argv[3]) : NULL;
    char **rest = argv + (victims ? 4 : 3); /* FRAMES [SEED] */
    struct string string;
    uint32_t frames;
    uint64_t seed;

    if (argc < 4 || rest >= argv + argc || (victims && !ops))
        return 2;
    frames = (uint32_t)strtoul(rest[0], NULL, 10);
    seed = rest[1] ? strtoull(rest[1], NULL, 10) : 0;
    if (string_start(&string, argv[2], frames, rest[1] ? &seed : NULL) != 0)
        return 2;
    if (victims)
        start(ops, frames);
    return victims ? print_victims(&string) : print_string(&string);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_found),
        cmocka_unit_test(misses_are_the_known_ones),
        cmocka_unit_test(the_clock_may_wrap),
        cmocka_unit_test(a_stream_does_not_push_out_what_is_in_use),
        cmocka_unit_test(lists_stay_whole),
    };

    if (argc > 1)
        return print(argc, argv);
    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
