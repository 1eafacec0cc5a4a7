/*
 * The reader of flattened device trees. All offsets are checked against the block they lead into
 * before anything there is read; all arithmetic on them is in 64 bits, so that it cannot wrap.
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

uint32_t fdt_size(const void *buffer)
{
    if (header_word(buffer, FDT_HEADER_MAGIC) != FDT_MAGIC)
        return 0;
    return header_word(buffer, FDT_HEADER_TOTAL);
}

/* The block that begins where this word of the header says, or NULL: it is not inside the tree. */
static const uint8_t *block_at(const uint8_t *header, enum fdt_header_word word, uint32_t bytes)
{
    uint64_t start = header_word(header, word);

    return start + bytes <= header_word(header, FDT_HEADER_TOTAL) ? header + start : NULL;
}

int fdt_open(struct fdt *fdt, const void *buffer, size_t bytes)
{
    const uint8_t *base = buffer;
    uint32_t total;

    if (bytes < 4 * FDT_HEADER_WORDS)
        return -EINVAL;
    total = fdt_size(buffer);
    if (total < 4 * FDT_HEADER_WORDS || total > bytes ||
        header_word(base, FDT_HEADER_VERSION) < FDT_VERSION ||
        header_word(base, FDT_HEADER_COMPATIBLE) > FDT_VERSION)
        return -EINVAL;

    fdt->structure_bytes = header_word(base, FDT_HEADER_STRUCTURE_BYTES);
    fdt->structure = block_at(base, FDT_HEADER_STRUCTURE, fdt->structure_bytes);
    fdt->strings_bytes = header_word(base, FDT_HEADER_STRINGS_BYTES);
    fdt->strings = block_at(base, FDT_HEADER_STRINGS, fdt->strings_bytes);
    fdt->reservations = block_at(base, FDT_HEADER_RESERVATIONS, 0);
    if (fdt->structure == NULL || fdt->strings == NULL || fdt->reservations == NULL)
        return -EINVAL;
    /* It ends with an entry of zeros, at the latest with the tree. */
    fdt->reservations_bytes = total - (uint32_t)(fdt->reservations - base);
    return 0;
}

/* The string at offset of a block, or NULL where its NUL is not in the block. */
static const char *block_string(const uint8_t *block, uint32_t block_bytes, uint64_t offset)
{
    const char *string;
    size_t room;

    if (offset >= block_bytes)
        return NULL;
    string = (const char *)block + offset;
    room = block_bytes - offset;
    return strnlen(string, room) < room ? string : NULL;
}

/* Reads the item at *position, and moves on. At the block's end, or behind nonsense: FDT_BROKEN. */
static struct fdt_item next_item(const struct fdt *fdt, uint32_t *position)
{
    const struct fdt_item broken = {.token = FDT_BROKEN};
    struct fdt_item item = {.token = FDT_BROKEN};
    uint64_t at = *position, end = fdt->structure_bytes;

    do {
        if (at + 4 > end)
            return broken;
        item.token = (enum fdt_token)read_word(fdt->structure + at);
        at += 4;
    } while (item.token == FDT_NOP);

    if (item.token == FDT_BEGIN_NODE) {
        item.name = block_string(fdt->structure, fdt->structure_bytes, at);
        if (item.name == NULL)
            return broken;
        at += strlen(item.name) + 1;
    } else if (item.token == FDT_PROPERTY) {
        if (at + 8 > end)
            return broken;
        item.value.bytes = read_word(fdt->structure + at);
        item.name = block_string(fdt->strings, fdt->strings_bytes,
                                 read_word(fdt->structure + at + 4));
        at += 8;
        if (item.name == NULL || item.value.bytes > end - at)
            return broken;
        item.value.data = fdt->structure + at;
        at += item.value.bytes;
    } else if (item.token != FDT_END_NODE && item.token != FDT_END) {
        return broken;
    }
    at = (at + 3) & ~3ul;
    *position = (uint32_t)(at < end ? at : end);
    return item;
}

void fdt_walk_begin(struct fdt_walk *walk, const struct fdt *fdt)
{
    *walk = (struct fdt_walk){.fdt = fdt};
}

/* A cell count, or what the specification says where the property is missing ("#address-cells"). */
static uint8_t cells_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                              uint8_t missing)
{
    struct fdt_value value = fdt_property(fdt, node, name);
    uint64_t cells;

    if (value.data == NULL)
        return missing;
    return fdt_number(value, 0, 1, &cells) && cells < UINT8_MAX ? (uint8_t)cells : UINT8_MAX;
}

static int enter_node(struct fdt_walk *walk, const char *name, struct fdt_node *node)
{
    uint32_t depth = walk->depth;

    if (depth == FDT_MAX_DEPTH)
        return -EINVAL;
    node->name = name;
    node->depth = depth;
    node->properties = walk->position;
    node->address_cells = depth == 0 ? 2 : walk->address_cells[depth - 1];
    node->size_cells = depth == 0 ? 1 : walk->size_cells[depth - 1];
    walk->address_cells[depth] = cells_property(walk->fdt, node, "#address-cells", 2);
    walk->size_cells[depth] = cells_property(walk->fdt, node, "#size-cells", 1);
    walk->depth++;
    return 1;
}

int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node)
{
    struct fdt_item item;

    while (!walk->finished) {
        item = next_item(walk->fdt, &walk->position);
        switch (item.token) {
        case FDT_BEGIN_NODE:
            return enter_node(walk, item.name, node);
        case FDT_END_NODE:
            if (walk->depth == 0)
                return -EINVAL;
            walk->depth--;
            break;
        case FDT_PROPERTY:
            if (walk->depth == 0)
                return -EINVAL;
            break;
        case FDT_END:
            if (walk->depth != 0)
                return -EINVAL;
            walk->finished = true;
            break;
        default:
            return -EINVAL;
        }
    }
    return 0;
}

struct fdt_value fdt_property(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    uint32_t position = node->properties;
    struct fdt_item item;

    /* A node's properties come before its children. */
    while ((item = next_item(fdt, &position)).token == FDT_PROPERTY)
        if (strcmp(item.name, name) == 0)
            return item.value;
    return (struct fdt_value){NULL, 0};
}

bool fdt_has_string(struct fdt_value value, const char *word)
{
    uint32_t at = 0;

    while (at < value.bytes) {
        const char *string = block_string(value.data, value.bytes, at);

        if (string == NULL)
            return false;
        if (strcmp(string, word) == 0)
            return true;
        at += (uint32_t)strlen(string) + 1;
    }
    return false;
}

const char *fdt_string(struct fdt_value value)
{
    return block_string(value.data, value.bytes, 0);
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

bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, uint32_t index, uint64_t *start,
             uint64_t *bytes)
{
    struct fdt_value value = fdt_property(fdt, node, "reg");
    uint32_t address_cells = node->address_cells, size_cells = node->size_cells;
    uint32_t at = index * (address_cells + size_cells);

    if (address_cells > 2 || size_cells > 2 || !fdt_number(value, at, address_cells, start))
        return false;
    *bytes = 0;
    return size_cells == 0 || fdt_number(value, at + address_cells, size_cells, bytes);
}

bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *start, uint64_t *bytes)
{
    struct fdt_value block = {fdt->reservations, fdt->reservations_bytes};

    return index < UINT32_MAX / 4 && fdt_number(block, 4 * index, 2, start) &&
           fdt_number(block, 4 * index + 2, 2, bytes) && (*start != 0 || *bytes != 0);
}
