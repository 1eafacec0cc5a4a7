/*
 * A reader of flattened device trees (Devicetree specification 0.4, "Flattened Devicetree (DTB)
 * Format"). It looks only inside the buffer that it is given, whatever the tree says: a broken tree
 * is an error, never a stray read. Pure: no globals, no allocation; compiles on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_MAX_DEPTH 12

struct fdt_value {
    const uint8_t *data; /* NULL: no such property */
    uint32_t bytes;
};

struct fdt {
    struct fdt_value structure, strings, reservations; /* the three blocks */
};

struct fdt_node {
    const struct fdt *fdt;
    const char *name; /* with its unit address: "serial@10000000"; "" for the root */
    uint32_t depth;   /* 0 for the root */
    uint32_t properties; /* offset of the first one in the structure block */
    uint32_t address_cells, size_cells; /* in which this node's reg is written: its parent's word */
};

/* A walk over all nodes, parents before children. It begins as {.fdt = ...}, all else 0. */
struct fdt_walk {
    const struct fdt *fdt;
    uint32_t position, depth; /* depth: of nodes open now */
    uint8_t address_cells[FDT_MAX_DEPTH], size_cells[FDT_MAX_DEPTH]; /* for the children of each */
};

/* 0 or -EINVAL: not a tree, or its blocks do not lie inside bytes. */
int fdt_open(struct fdt *fdt, const void *buffer, size_t bytes);

/* 1: node is the next one. 0: that was all. -EINVAL: the tree is broken from here on. */
int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node);

struct fdt_value fdt_property(const struct fdt_node *node, const char *name);

/* Whether the value is a list of NUL-terminated strings with word among them. */
bool fdt_has_string(struct fdt_value value, const char *word);
/* The value as one NUL-terminated string, or NULL where it is none. */
const char *fdt_string(struct fdt_value value);
/*
 * The big-endian number of cells (1 or 2) 32-bit words at cell index. False where the value is too
 * short.
 */
bool fdt_number(struct fdt_value value, uint32_t index, uint32_t cells, uint64_t *number);
/* Entry index of reg. False past the end, or where the tree's cell counts are none we can read. */
bool fdt_reg(const struct fdt_node *node, uint32_t index, uint64_t *start, uint64_t *bytes);
/* Entry index of the memory reservation block. False past the end. */
bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *start, uint64_t *bytes);
