/* needs: riscv/fdt.c lib/string.c */
/*
 * The device-tree parser: a good tree is read as it was written; thousands of truncated, mutated
 * and hand-broken ones give an error or nonsense, but never a read outside the buffer
 * (AddressSanitizer watches: each tree lies in an allocation of exactly its size), and never an
 * endless walk.
 */
#include "mock.h"

#include "riscv/fdt.h"

/* ---- A writer of trees ---- */

struct tree {
    uint8_t structure[4096], strings[512], whole[8192];
    uint32_t structure_bytes, strings_bytes, bytes;
};

static void put_word(uint8_t *at, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(word >> (24 - 8 * i));
}

static void word(struct tree *tree, uint32_t value)
{
    put_word(tree->structure + tree->structure_bytes, value);
    tree->structure_bytes += 4;
}

static void bytes(struct tree *tree, const void *data, uint32_t count)
{
    memcpy(tree->structure + tree->structure_bytes, data, count);
    tree->structure_bytes = (tree->structure_bytes + count + 3) & ~3u;
}

static void begin(struct tree *tree, const char *name)
{
    word(tree, 1);
    bytes(tree, name, (uint32_t)strlen(name) + 1);
}

static void end(struct tree *tree)
{
    word(tree, 2);
}

static void property(struct tree *tree, const char *name, const void *data, uint32_t count)
{
    word(tree, 3);
    word(tree, count);
    word(tree, tree->strings_bytes);
    memcpy(tree->strings + tree->strings_bytes, name, strlen(name) + 1);
    tree->strings_bytes += (uint32_t)strlen(name) + 1;
    bytes(tree, data, count);
}

static void words(struct tree *tree, const char *name, uint32_t count, ...)
{
    uint8_t data[64];
    va_list arguments;

    va_start(arguments, count);
    for (uint32_t i = 0; i < count; i++)
        put_word(data + 4 * i, va_arg(arguments, uint32_t));
    va_end(arguments);
    property(tree, name, data, 4 * count);
}

enum { HEADER = 40, RESERVATIONS = 48 }; /* two entries and the end: 3 * 16 */

static void finish(struct tree *tree)
{
    uint32_t strings = HEADER + RESERVATIONS + tree->structure_bytes;
    const uint32_t header[10] = {0xd00dfeed, strings + tree->strings_bytes, HEADER + RESERVATIONS,
                                 strings, HEADER, 17, 16, 0, tree->strings_bytes,
                                 tree->structure_bytes};

    for (int i = 0; i < 10; i++)
        put_word(tree->whole + 4 * i, header[i]);
    put_word(tree->whole + HEADER + 4, 0x80000000);
    put_word(tree->whole + HEADER + 12, 0x1000);
    put_word(tree->whole + HEADER + 16, 1);
    put_word(tree->whole + HEADER + 28, 0x2000);
    memcpy(tree->whole + HEADER + RESERVATIONS, tree->structure, tree->structure_bytes);
    memcpy(tree->whole + strings, tree->strings, tree->strings_bytes);
    tree->bytes = header[1];
}

/* What QEMU's virt machine says, in small. */
static void make_good(struct tree *tree)
{
    memset(tree, 0, sizeof *tree);
    begin(tree, "");
    words(tree, "#address-cells", 1, 2);
    words(tree, "#size-cells", 1, 2);
    property(tree, "compatible", "riscv-virtio\0other", 19);
    begin(tree, "chosen");
    property(tree, "bootargs", "paging=sv48 -- ls", 18);
    end(tree);
    begin(tree, "memory@80000000");
    words(tree, "reg", 8, 0, 0x80000000, 0, 0x8000000, 1, 0x0, 0, 0x40000000);
    end(tree);
    begin(tree, "cpus");
    words(tree, "#address-cells", 1, 1);
    words(tree, "#size-cells", 1, 0);
    word(tree, 4); /* a NOP */
    begin(tree, "cpu@3");
    words(tree, "reg", 1, 3);
    end(tree);
    end(tree);
    begin(tree, "soc");
    begin(tree, "serial@10000000"); /* "soc" says nothing: 2 and 1 cells */
    words(tree, "reg", 3, 0, 0x10000000, 0x100);
    words(tree, "interrupts", 1, 10);
    end(tree);
    end(tree);
    end(tree);
    word(tree, 9);
    finish(tree);
}

/* An allocation of exactly the tree's bytes, so that one byte too far is seen. */
static uint8_t *exact(const struct tree *tree)
{
    uint8_t *copy = malloc(tree->bytes);

    memcpy(copy, tree->whole, tree->bytes);
    return copy;
}

static int find(const struct fdt *fdt, const char *name, struct fdt_node *node)
{
    struct fdt_walk walk;
    int more;

    walk = (struct fdt_walk){.fdt = fdt};
    while ((more = fdt_walk_next(&walk, node)) == 1)
        if (strcmp(node->name, name) == 0)
            return 1;
    return more;
}

/* ---- A good tree ---- */

static void a_good_tree_is_read_as_written(void **state)
{
    static const struct { const char *name; uint32_t depth; } nodes[] = {
        {"", 0}, {"chosen", 1}, {"memory@80000000", 1}, {"cpus", 1}, {"cpu@3", 2}, {"soc", 1},
        {"serial@10000000", 2}};
    struct tree tree;
    struct fdt fdt;
    struct fdt_walk walk;
    struct fdt_node node;
    uint64_t start, size, number;

    (void)state;
    make_good(&tree);
    uint8_t *copy = exact(&tree);
    assert_int_equal(fdt_open(&fdt, copy, tree.bytes), 0);
    walk = (struct fdt_walk){.fdt = &fdt};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        assert_int_equal(fdt_walk_next(&walk, &node), 1);
        assert_string_equal(node.name, nodes[i].name);
        assert_int_equal(node.depth, nodes[i].depth);
    }
    assert_int_equal(fdt_walk_next(&walk, &node), 0);

    assert_int_equal(find(&fdt, "", &node), 1);
    assert_true(fdt_has_string(fdt_property(&node, "compatible"), "other"));
    assert_true(fdt_has_string(fdt_property(&node, "compatible"), "riscv-virtio"));
    assert_false(fdt_has_string(fdt_property(&node, "compatible"), "riscv"));
    assert_null(fdt_property(&node, "bootargs").data); /* a child's */
    assert_int_equal(find(&fdt, "chosen", &node), 1);
    assert_string_equal(fdt_string(fdt_property(&node, "bootargs")), "paging=sv48 -- ls");
    assert_int_equal(find(&fdt, "memory@80000000", &node), 1);
    assert_true(fdt_reg(&node, 0, &start, &size));
    assert_int_equal(start, 0x80000000);
    assert_int_equal(size, 0x8000000);
    assert_true(fdt_reg(&node, 1, &start, &size));
    assert_int_equal(start, 0x100000000);
    assert_int_equal(size, 0x40000000);
    assert_false(fdt_reg(&node, 2, &start, &size));
    assert_int_equal(find(&fdt, "cpu@3", &node), 1);
    assert_true(fdt_reg(&node, 0, &start, &size));
    assert_int_equal(start, 3);
    assert_int_equal(find(&fdt, "serial@10000000", &node), 1);
    assert_int_equal(node.address_cells, 2);
    assert_int_equal(node.size_cells, 1);
    assert_true(fdt_reg(&node, 0, &start, &size));
    assert_int_equal(start, 0x10000000);
    assert_int_equal(size, 0x100);
    assert_true(fdt_number(fdt_property(&node, "interrupts"), 0, 1, &number));
    assert_int_equal(number, 10);
    assert_false(fdt_number(fdt_property(&node, "interrupts"), 0, 2, &number));
    assert_false(fdt_number(fdt_property(&node, "missing"), 0, 1, &number));

    assert_true(fdt_reservation(&fdt, 0, &start, &size));
    assert_int_equal(start, 0x80000000);
    assert_true(fdt_reservation(&fdt, 1, &start, &size));
    assert_int_equal(start, 0x100000000);
    assert_int_equal(size, 0x2000);
    assert_false(fdt_reservation(&fdt, 2, &start, &size));
    assert_int_equal(find(&fdt, "nowhere", &node), 0);
    free(copy);
}

/* ---- Broken trees ---- */

/* A property's value, which must lie in the structure block. */
static struct fdt_value property_inside(const struct fdt_node *node, const char *name)
{
    struct fdt_value block = node->fdt->structure, value = fdt_property(node, name);

    assert_true(!value.data || (value.data >= block.data &&
                                value.data + value.bytes <= block.data + block.bytes));
    return value;
}

/* Uses every function on whatever comes; bounded by the size of the tree. */
static int visit_all(const uint8_t *buffer, size_t size)
{
    struct fdt fdt;
    struct fdt_walk walk;
    struct fdt_node node;
    uint64_t start, length;
    uint32_t nodes = 0;
    int more;

    if (fdt_open(&fdt, buffer, size) != 0)
        return -1;
    walk = (struct fdt_walk){.fdt = &fdt};
    while ((more = fdt_walk_next(&walk, &node)) == 1) {
        assert_true(++nodes <= size);
        assert_true(node.depth < FDT_MAX_DEPTH);
        assert_true(strlen(node.name) < size);
        fdt_has_string(property_inside(&node, "compatible"), "virtio,mmio");
        const char *string = fdt_string(property_inside(&node, "bootargs"));
        assert_true(!string || strlen(string) < size);
        for (uint32_t i = 0; i < 4; i++)
            fdt_reg(&node, i, &start, &length);
        fdt_reg(&node, UINT32_MAX, &start, &length);
        fdt_number(property_inside(&node, "interrupts"), 0, 1, &start);
    }
    for (uint32_t i = 0; fdt_reservation(&fdt, i, &start, &length); i++)
        assert_true(i <= size / 16);
    fdt_reservation(&fdt, UINT32_MAX, &start, &length);
    return more;
}

static void a_truncated_tree_is_an_error(void **state)
{
    struct tree tree;

    (void)state;
    make_good(&tree);
    for (uint32_t size = 8; size < tree.bytes; size++) {
        uint8_t *copy = malloc(size);

        memcpy(copy, tree.whole, size);
        assert_true(visit_all(copy, size) < 0);
        if (size >= HEADER) { /* and where the header admits it */
            put_word(copy + 4, size);
            assert_true(visit_all(copy, size) < 0);
        }
        free(copy);
    }
}

static void a_header_that_lies_is_an_error(void **state)
{
    static const uint32_t bad[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    static const struct { uint32_t at; } fields[] = {{4}, {8}, {12}, {16}, {32}, {36}};
    struct tree tree;

    (void)state;
    make_good(&tree);
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        for (size_t i = 2; i < sizeof bad / sizeof *bad; i++) {
            uint8_t *copy = exact(&tree);

            put_word(copy + fields[f].at, bad[i]);
            assert_int_equal(visit_all(copy, tree.bytes), -1);
            free(copy);
        }
    }
    for (uint32_t i = 0; i < 4; i++) { /* the magic */
        uint8_t *copy = exact(&tree);

        copy[i] ^= 1;
        assert_int_equal(visit_all(copy, tree.bytes), -1);
        free(copy);
    }
}

static void blocks_out_of_order_are_errors(void **state)
{
    struct tree tree;

    (void)state;
    memset(&tree, 0, sizeof tree); /* ends more nodes than it began */
    begin(&tree, "");
    end(&tree);
    end(&tree);
    word(&tree, 9);
    finish(&tree);
    assert_true(visit_all(tree.whole, tree.bytes) < 0);

    memset(&tree, 0, sizeof tree); /* ends inside a node */
    begin(&tree, "");
    word(&tree, 9);
    finish(&tree);
    assert_true(visit_all(tree.whole, tree.bytes) < 0);

    memset(&tree, 0, sizeof tree); /* a token that is none */
    begin(&tree, "");
    word(&tree, 7);
    end(&tree);
    word(&tree, 9);
    finish(&tree);
    assert_true(visit_all(tree.whole, tree.bytes) < 0);

    memset(&tree, 0, sizeof tree); /* too deep */
    for (int i = 0; i < FDT_MAX_DEPTH + 1; i++)
        begin(&tree, "n");
    for (int i = 0; i < FDT_MAX_DEPTH + 1; i++)
        end(&tree);
    word(&tree, 9);
    finish(&tree);
    assert_true(visit_all(tree.whole, tree.bytes) < 0);

    memset(&tree, 0, sizeof tree); /* a property of 4 GiB */
    begin(&tree, "");
    words(&tree, "reg", 2, 1, 2);
    end(&tree);
    word(&tree, 9);
    put_word(tree.structure + 12, 0xfffffffc);
    finish(&tree);
    assert_true(visit_all(tree.whole, tree.bytes) < 0);
}

static void no_tree_makes_it_read_outside(void **state)
{
    struct tree tree;

    (void)state;
    make_good(&tree);
    for (uint32_t round = 0; round < 100000; round++) {
        uint8_t *copy = exact(&tree);
        uint32_t changes = 1 + mock_random(4);

        for (uint32_t i = 0; i < changes; i++) {
            uint32_t at = mock_random(tree.bytes);

            switch (mock_random(4)) {
            case 0:
                copy[at] ^= (uint8_t)(1u << mock_random(8));
                break;
            case 1:
                copy[at] = (uint8_t)mock_random64();
                break;
            case 2: /* a whole word that is likely to hurt */
                put_word(copy + (at & ~3u) % (tree.bytes - 3),
                         mock_random(2) ? mock_random(16) : 0u - mock_random(16));
                break;
            default:
                memmove(copy + at, copy + mock_random(tree.bytes - 64),
                        tree.bytes - at < 64 ? tree.bytes - at : 64);
            }
        }
        visit_all(copy, tree.bytes);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_tree_is_read_as_written),
        cmocka_unit_test(a_truncated_tree_is_an_error),
        cmocka_unit_test(a_header_that_lies_is_an_error),
        cmocka_unit_test(blocks_out_of_order_are_errors),
        cmocka_unit_test(no_tree_makes_it_read_outside),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
