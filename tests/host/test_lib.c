/* needs: lib/rbtree.c lib/string.c lib/format.c */
/*
 * lib/: lists, red-black trees, bitmaps, sets, memory and strings, formatting; random operations
 * against a simple model. The seed is printed, and can be given: test_lib SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bitmap.h"
#include "lib/bitset.h"
#include "lib/format.h"
#include "lib/list.h"
#include "lib/rbtree.h"

/* Both the C library's functions and ours are wanted: ours by their prefixed names. */
void *xv39_memset(void *target, int byte, size_t bytes);
void *xv39_memcpy(void *target, const void *source, size_t bytes);
void *xv39_memmove(void *target, const void *source, size_t bytes);
int xv39_memcmp(const void *a, const void *b, size_t bytes);
size_t xv39_strlen(const char *string);
size_t xv39_strnlen(const char *string, size_t limit);
int xv39_strcmp(const char *a, const char *b);
int xv39_strncmp(const char *a, const char *b, size_t limit);
size_t xv39_strlcpy(char *target, const char *source, size_t size);
char *xv39_strchr(const char *string, int c);
void page_clear(void *page);
void page_copy(void *target, const void *source);

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

/* Lists. */

struct item {
    int number;
    struct list_head link;
};

static void list_keeps_order(void **state)
{
    struct list_head head = LIST_HEAD_INIT(head), *link;
    struct item item[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    struct item *each;
    int expected = 0;

    (void)state;
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    list_add(&item[1].link, &head);
    list_add(&item[0].link, &head);
    list_add_tail(&item[2].link, &head);
    list_add_tail(&item[3].link, &head);
    list_for_each(link, &head)
        assert_int_equal(container_of(link, struct item, link)->number, expected++);
    assert_int_equal(expected, 4);
    assert_ptr_equal(head.prev, &item[3].link);
    list_for_each_element_safe(each, &head, link) {
        if (each->number % 2 == 0)
            list_del_init(&each->link);
    }
    assert_true(list_empty(&item[0].link));
    assert_ptr_equal(list_first(&head), &item[1].link);
    list_del(&item[1].link);
    list_del(&item[3].link);
    assert_true(list_empty(&head));
}

/* Red-black trees: the augmented value is the sum of the keys of a subtree. */

#define KEYS 300

struct element {
    uint64_t key, sum;
    struct rb_node node;
};

static struct element *element_of(struct rb_node *node)
{
    return container_of(node, struct element, node);
}

static uint64_t subtree_sum(struct rb_node *node)
{
    return node != NULL ? element_of(node)->sum : 0;
}

static void element_augment(struct rb_node *node)
{
    element_of(node)->sum =
        element_of(node)->key + subtree_sum(node->left) + subtree_sum(node->right);
}

static void element_insert(struct rb_root *root, struct element *element, rb_augment_fn augment)
{
    struct rb_node **link = &root->node, *parent = NULL;

    while (*link != NULL) {
        parent = *link;
        link = element->key < element_of(parent)->key ? &parent->left : &parent->right;
    }
    rb_link_node(&element->node, parent, link);
    rb_insert(root, &element->node, augment);
}

/* Checks colours, parents and sums below node; returns the number of black nodes on each path. */
static int tree_check(struct rb_node *node, struct rb_node *parent, bool augmented)
{
    int left, right;

    if (node == NULL)
        return 1;
    assert_ptr_equal(node->parent, parent);
    assert_false(node->red && (parent == NULL || parent->red));
    left = tree_check(node->left, node, augmented);
    right = tree_check(node->right, node, augmented);
    assert_int_equal(left, right);
    if (augmented)
        assert_int_equal(element_of(node)->sum, element_of(node)->key + subtree_sum(node->left) +
                                                    subtree_sum(node->right));
    return left + !node->red;
}

static void tree_check_order(struct rb_root *root, const bool *present)
{
    struct rb_node *node = rb_first(root), *last = NULL;

    for (uint64_t key = 0; key < KEYS; key++) {
        if (!present[key])
            continue;
        assert_non_null(node);
        assert_int_equal(element_of(node)->key, key);
        assert_ptr_equal(rb_prev(node), last);
        last = node;
        node = rb_next(node);
    }
    assert_null(node);
    assert_ptr_equal(rb_last(root), last);
}

static void tree_random(rb_augment_fn augment)
{
    struct rb_root root = {NULL};
    static struct element element[KEYS];
    bool present[KEYS] = {false};

    for (int round = 0; round < 30000; round++) {
        /* Phases of growth and of shrinking, so that the tree is also small and empty. */
        uint32_t limit = (round / 3000) % 2 == 0 ? KEYS : 1 + random_below(KEYS);
        uint32_t key = random_below(limit);

        if (present[key]) {
            rb_erase(&root, &element[key].node, augment);
        } else {
            element[key].key = key;
            element_insert(&root, &element[key], augment);
        }
        present[key] = !present[key];
        tree_check(root.node, NULL, augment != NULL);
        if (round % 50 == 0)
            tree_check_order(&root, present);
    }
    for (uint32_t key = 0; key < KEYS; key++) {
        if (present[key])
            rb_erase(&root, &element[key].node, augment);
        tree_check(root.node, NULL, augment != NULL);
    }
    assert_null(root.node);
}

static void tree_plain(void **state)
{
    (void)state;
    tree_random(NULL);
}

static void tree_augmented(void **state)
{
    (void)state;
    tree_random(element_augment);
}

static void tree_update_reaches_the_root(void **state)
{
    struct rb_root root = {NULL};
    struct element element[20];
    uint64_t total = 0;

    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        element[i].key = i;
        element_insert(&root, &element[i], element_augment);
        total += i;
    }
    element[0].key += 1000; /* the order does not matter here */
    rb_update(&element[0].node, element_augment);
    assert_int_equal(subtree_sum(root.node), total + 1000);
    tree_check(root.node, NULL, true);
}

static void bitmap_finds_clear_bits(void **state)
{
    uint64_t map[BITMAP_WORDS(200)] = {0};

    (void)state;
    for (uint64_t bit = 0; bit < 200; bit++) {
        assert_int_equal(bitmap_find_clear(map, 200, 0), bit);
        bitmap_set(map, bit);
        assert_true(bitmap_test(map, bit));
    }
    assert_int_equal(bitmap_find_clear(map, 200, 0), 200);
    bitmap_clear(map, 130);
    assert_int_equal(bitmap_find_clear(map, 200, 3), 130);
    assert_int_equal(bitmap_find_clear(map, 200, 131), 200);
}

/* As bitset_next, by looking at every number. */
static uint32_t next_by_looking(const bool *member, uint32_t size, uint32_t from)
{
    for (uint32_t i = 0; i < size; i++)
        if (member[(from + i) % size])
            return (from + i) % size;
    return BITSET_NONE;
}

/* Sets that end within a word, of which few or most numbers are members; none is. */
static void bitset_finds_next_members(void **state)
{
    static const uint32_t sizes[] = {1, 63, 64, 65, 4096, 5000};
    static uint64_t bits[BITMAP_WORDS(5000)];
    static bool member[5000];
    static struct bitset set;

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t size = sizes[i];

        memset(bits, 0, sizeof(bits));
        memset(member, 0, sizeof(member));
        memset(&set, 0, sizeof(set));
        set.bits = bits;
        set.size = size;
        assert_int_equal(bitset_next(&set, size - 1), BITSET_NONE);
        for (unsigned step = 0; step < 800; step++) {
            uint32_t number = random_below(size), from = random_below(size);
            bool adds = random_below(16) < (step / 200 % 2 ? 15u : 1u);

            member[number] = adds;
            if (adds)
                bitset_add(&set, number);
            else
                bitset_remove(&set, number);
            assert_int_equal(bitset_next(&set, from), next_by_looking(member, size, from));
        }
    }
}

/* Memory: every alignment and overlap, against the C library. */

static void memory_fill_and_move(void **state)
{
    unsigned char ours[600], theirs[600];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t bytes = random_below(300), from = random_below(300), to = random_below(300);

        for (size_t i = 0; i < sizeof(ours); i++)
            ours[i] = theirs[i] = (unsigned char)random_below(256);
        if (round % 2 == 0)
            to = (from % 8 + to / 8 * 8) % 300; /* equally aligned */
        if (round % 3 == 0) {
            assert_ptr_equal(xv39_memset(ours + to, round, bytes), ours + to);
            memset(theirs + to, round, bytes);
        } else if (round % 3 == 1) {
            assert_ptr_equal(xv39_memmove(ours + to, ours + from, bytes), ours + to);
            memmove(theirs + to, theirs + from, bytes);
        } else {
            assert_ptr_equal(xv39_memcpy(ours + to, theirs + from, bytes), ours + to);
            memmove(theirs + to, theirs + from, bytes);
        }
        if (round % 3 != 2)
            assert_memory_equal(ours, theirs, sizeof(ours));
        else if (to + bytes <= from || from + bytes <= to)
            assert_memory_equal(ours + to, theirs + to, bytes);
    }
}

static void pages_clear_and_copy(void **state)
{
    unsigned char *page = aligned_alloc(4096, 3 * 4096), *copy = page + 4096;

    (void)state;
    for (size_t i = 0; i < 3 * 4096; i++)
        page[i] = (unsigned char)random_below(256);
    page[3 * 4096 - 1] = 7;
    page_copy(copy, page);
    assert_memory_equal(copy, page, 4096);
    page_clear(copy);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(copy[i], 0);
    assert_int_equal(page[3 * 4096 - 1], 7);
    free(page);
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void strings_compare(void **state)
{
    static const char *const text[] = {"", "a", "ab", "abc", "abd", "\xff", "abcdefgh", "abcdefgi"};

    (void)state;
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        assert_int_equal(xv39_strlen(text[i]), strlen(text[i]));
        assert_int_equal(xv39_strnlen(text[i], 2), strnlen(text[i], 2));
        assert_ptr_equal(xv39_strchr(text[i], 'c'), strchr(text[i], 'c'));
        assert_ptr_equal(xv39_strchr(text[i], '\0'), strchr(text[i], '\0'));
        for (size_t j = 0; j < sizeof(text) / sizeof(text[0]); j++) {
            assert_int_equal(sign(xv39_strcmp(text[i], text[j])), sign(strcmp(text[i], text[j])));
            assert_int_equal(sign(xv39_strncmp(text[i], text[j], 2)),
                             sign(strncmp(text[i], text[j], 2)));
        }
    }
    assert_true(xv39_memcmp("ab\0c", "ab\0d", 4) < 0);
    assert_int_equal(xv39_memcmp("ab\0c", "ab\0d", 3), 0);
}

static void strlcpy_cuts_and_ends(void **state)
{
    char buffer[4] = "xxx";

    (void)state;
    assert_int_equal(xv39_strlcpy(buffer, "abcdef", sizeof(buffer)), 6);
    assert_string_equal(buffer, "abc");
    assert_int_equal(xv39_strlcpy(buffer, "q", sizeof(buffer)), 1);
    assert_string_equal(buffer, "q");
    assert_int_equal(xv39_strlcpy(buffer, "q", 0), 1);
    assert_string_equal(buffer, "q");
}

/* Formatting, against the C library. */

struct buffer {
    char *data;
    size_t size, length;
};

static void buffer_put(void *context, char c)
{
    struct buffer *buffer = context;

    if (buffer->length < buffer->size)
        buffer->data[buffer->length] = c;
    buffer->length++;
}

static int __attribute__((format(printf, 3, 4))) format(char *data, size_t size, const char *format,
                                                        ...)
{
    struct buffer buffer = {data, size, 0};
    va_list list;

    va_start(list, format);
    format_v(buffer_put, &buffer, format, list);
    va_end(list);
    data[buffer.length] = '\0';
    return (int)buffer.length;
}

#define SAME(...)                                                                          \
    do {                                                                                   \
        char expected[80], got[80];                                                        \
        int length = snprintf(expected, sizeof(expected), __VA_ARGS__);                    \
        assert_int_equal(format(got, sizeof(got), __VA_ARGS__), length);            \
        assert_string_equal(got, expected);                                                \
    } while (0)

static void format_as_the_library(void **state)
{
    (void)state;
    SAME("plain");
    SAME("%d %i %u %x", -5, 7, 4000000000u, 0xbeefu);
    SAME("%ld %lu %lx", INT64_MIN, UINT64_MAX, UINT64_MAX);
    SAME("%lld %llu %llx %zu", -1ll, 1ull, 0x123456789abcull, (size_t)99);
    SAME("[%5d] [%-5d] [%05d] [%05d] [%2d]", 42, 42, 42, -42, 12345);
    SAME("[%16lx] [%016lx] [%-16lx]", 0xabcul, 0xabcul, 0xabcul);
    SAME("%s [%8s] [%-8s] %c%c %%", "text", "abc", "abc", 'o', 'k');
    SAME("%d%d%d", 0, 1, -1);
}

static void format_pointer_and_null(void **state)
{
    char got[40];

    (void)state;
    format(got, sizeof(got), "%p", (void *)0xffffffff80200000ul);
    assert_string_equal(got, "0xffffffff80200000");
    format(got, sizeof(got), "%p", (void *)0);
    assert_string_equal(got, "0x0000000000000000");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_keeps_order),
        cmocka_unit_test(tree_plain),
        cmocka_unit_test(tree_augmented),
        cmocka_unit_test(tree_update_reaches_the_root),
        cmocka_unit_test(bitmap_finds_clear_bits),
        cmocka_unit_test(bitset_finds_next_members),
        cmocka_unit_test(memory_fill_and_move),
        cmocka_unit_test(pages_clear_and_copy),
        cmocka_unit_test(strings_compare),
        cmocka_unit_test(strlcpy_cuts_and_ends),
        cmocka_unit_test(format_as_the_library),
        cmocka_unit_test(format_pointer_and_null),
    };

    random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    printf("# seed %llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
