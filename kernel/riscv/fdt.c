/*
 * The reader of flattened device trees. Every offset is checked against its block before anything
 * is read there; arithmetic on offsets is in 64 bits, so that it cannot wrap.
 */
#include "riscv/fdt.h"

#include "abi/errno.h"
#include "lib/string.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_VERSION 17u

enum fdt_header_word { /* "Header", in 32-bit words */
    FDT_HEADER_MAGIC,
    FDT_HEADER_TOTAL,
    FDT_HEADER_STRUCTURE,
    FDT_HEADER_STRINGS,
    FDT_HEADER_RESERVATIONS,
    FDT_HEADER_VERSION,
    FDT_HEADER_COMPATIBLE,
    FDT_HEADER_BOOT_HART,
    FDT_HEADER_STRINGS_BYTES,
    FDT_HEADER_STRUCTURE_BYTES,
    FDT_HEADER_WORDS
};

enum fdt_token { /* "Lexical structure" */
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROPERTY = 3,
    FDT_NOP = 4,
    FDT_END = 9,
    FDT_BROKEN = -1
};

struct fdt_item {
    enum fdt_token token;
    const char *name; /* of the node or the property */
    struct fdt_value value;
};

static uint32_t read_word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t header_word(const uint8_t *header, enum fdt_header_word word)
{
    return read_word(header + 4 * word);
}

/* The block at the offset in this word of the header. No data: it is not inside the tree. */
static struct fdt_value block_at(const uint8_t *header, enum fdt_header_word word, uint32_t bytes)
{
    uint64_t start = header_word(header, word);
    bool inside = start + bytes <= header_word(header, FDT_HEADER_TOTAL);

    return inside ? (struct fdt_value){header + start, bytes} : (struct fdt_value){NULL, 0};
}

int fdt_open(struct fdt *fdt, const void *buffer, size_t bytes)
{
    const uint8_t *base = buffer;
    uint32_t total;

    if (bytes < 4 * FDT_HEADER_WORDS || header_word(base, FDT_HEADER_MAGIC) != FDT_MAGIC)
        return -EINVAL;
    total = header_word(base, FDT_HEADER_TOTAL);
    if (total < 4 * FDT_HEADER_WORDS || total > bytes ||
        header_word(base, FDT_HEADER_VERSION) < FDT_VERSION ||
        header_word(base, FDT_HEADER_COMPATIBLE) > FDT_VERSION)
        return -EINVAL;

    fdt->structure = block_at(base, FDT_HEADER_STRUCTURE,
                              header_word(base, FDT_HEADER_STRUCTURE_BYTES));
    fdt->strings = block_at(base, FDT_HEADER_STRINGS, header_word(base, FDT_HEADER_STRINGS_BYTES));
    fdt->reservations = block_at(base, FDT_HEADER_RESERVATIONS, 0);
    if (!fdt->structure.data || !fdt->strings.data || !fdt->reservations.data)
        return -EINVAL;
    /* It ends with an entry of zeros, or with the tree. */
    fdt->reservations.bytes = total - (uint32_t)(fdt->reservations.data - base);
    return 0;
}

/* The string at offset in a block, or NULL if its NUL is not in the block. */
static const char *block_string(struct fdt_value block, uint64_t offset)
{
    const char *string;

    if (offset >= block.bytes)
        return NULL;
    string = (const char *)block.data + offset;
    return strnlen(string, block.bytes - offset) < block.bytes - offset ? string : NULL;
}

/* Reads the item at *position and advances. FDT_BROKEN: the block ends, or the item is invalid. */
static struct fdt_item next_item(const struct fdt *fdt, uint32_t *position)
{
    struct fdt_item item = {.token = FDT_NOP};
    const uint8_t *block = fdt->structure.data;
    uint64_t at = *position, end = fdt->structure.bytes;

    while (item.token == FDT_NOP && at + 4 <= end) {
        item.token = (enum fdt_token)read_word(block + at);
        at += 4;
    }
    if (item.token == FDT_BEGIN_NODE) {
        item.name = block_string(fdt->structure, at);
        at += item.name ? strlen(item.name) + 1 : 0;
    } else if (item.token == FDT_PROPERTY && at + 8 <= end) {
        item.name = block_string(fdt->strings, read_word(block + at + 4));
        item.value = (struct fdt_value){block + at + 8, read_word(block + at)};
        at += 8 + (uint64_t)item.value.bytes;
    }
    if (at > end || (!item.name && item.token != FDT_END_NODE && item.token != FDT_END))
        return (struct fdt_item){.token = FDT_BROKEN};
    at = (at + 3) & ~3ul;
    *position = (uint32_t)(at < end ? at : end);
    return item;
}

/* A cell count, or the default of the specification if the property is missing. */
static uint8_t cells_property(const struct fdt_node *node, const char *name, uint8_t missing)
{
    struct fdt_value value = fdt_property(node, name);
    uint64_t cells;

    if (!value.data)
        return missing;
    return fdt_number(value, 0, 1, &cells) && cells < UINT8_MAX ? (uint8_t)cells : UINT8_MAX;
}

static int enter_node(struct fdt_walk *walk, const char *name, struct fdt_node *node)
{
    uint32_t depth = walk->depth;

    if (depth == FDT_MAX_DEPTH)
        return -EINVAL;
    node->fdt = walk->fdt;
    node->name = name;
    node->depth = depth;
    node->properties = walk->position;
    node->address_cells = depth == 0 ? 2 : walk->address_cells[depth - 1];
    node->size_cells = depth == 0 ? 1 : walk->size_cells[depth - 1];
    walk->address_cells[depth] = cells_property(node, "#address-cells", 2);
    walk->size_cells[depth] = cells_property(node, "#size-cells", 1);
    walk->depth++;
    return 1;
}

int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node)
{
    for (;;) {
        struct fdt_item item = next_item(walk->fdt, &walk->position);

        if (item.token == FDT_BEGIN_NODE)
            return enter_node(walk, item.name, node);
        if (item.token == FDT_END && walk->depth == 0)
            return 0;
        if (walk->depth == 0 || (item.token != FDT_END_NODE && item.token != FDT_PROPERTY))
            return -EINVAL;
        if (item.token == FDT_END_NODE)
            walk->depth--;
    }
}

struct fdt_value fdt_property(const struct fdt_node *node, const char *name)
{
    uint32_t position = node->properties;
    struct fdt_item item;

    /* A node's properties come before its children. */
    while ((item = next_item(node->fdt, &position)).token == FDT_PROPERTY)
        if (strcmp(item.name, name) == 0)
            return item.value;
    return (struct fdt_value){NULL, 0};
}

bool fdt_has_string(struct fdt_value value, const char *word)
{
    const char *string;

    for (uint64_t at = 0; (string = block_string(value, at)) != NULL; at += strlen(string) + 1)
        if (strcmp(string, word) == 0)
            return true;
    return false;
}

const char *fdt_string(struct fdt_value value)
{
    return block_string(value, 0);
}

bool fdt_number(struct fdt_value value, uint32_t index, uint32_t cells, uint64_t *number)
{
    uint64_t result = 0;

    if (cells < 1 || cells > 2 || ((uint64_t)index + cells) * 4 > value.bytes)
        return false;
    for (uint32_t i = 0; i < cells; i++)
        result = result << 32 | read_word(value.data + 4 * (index + i));
    *number = result;
    return true;
}

bool fdt_reg(const struct fdt_node *node, uint32_t index, uint64_t *start, uint64_t *bytes)
{
    struct fdt_value value = fdt_property(node, "reg");
    uint32_t address_cells = node->address_cells, size_cells = node->size_cells;
    uint32_t at = index * (address_cells + size_cells);

    if (address_cells > 2 || size_cells > 2 || !fdt_number(value, at, address_cells, start))
        return false;
    *bytes = 0;
    return size_cells == 0 || fdt_number(value, at + address_cells, size_cells, bytes);
}

bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *start, uint64_t *bytes)
{
    return index < UINT32_MAX / 4 && fdt_number(fdt->reservations, 4 * index, 2, start) &&
           fdt_number(fdt->reservations, 4 * index + 2, 2, bytes) && (*start != 0 || *bytes != 0);
}
