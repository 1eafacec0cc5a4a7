/*
 * A reader of flattened device trees (Devicetree specification 0.4, "Flattened Devicetree (DTB)
 * Format"). It never reads outside the given buffer, whatever the tree says: a broken tree is an
 * error. Pure: no globals, no allocation; compiles on the host.
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
    uint32_t address_cells, size_cells; /* of this node's reg, as its parent says */
};

/* A walk over all nodes, parents before children. It begins as {.fdt = ...}, all else 0. */
struct fdt_walk {
    const struct fdt *fdt;
    uint32_t position, depth; /* depth: number of open nodes */
    uint8_t address_cells[FDT_MAX_DEPTH], size_cells[FDT_MAX_DEPTH]; /* for the children of each */
};

/* Returns: 0; or -EINVAL: not a tree, or its blocks do not lie inside the buffer. */
int fdt_open(struct fdt *fdt, const void *buffer, size_t bytes);

/* Returns: 1: node is the next one; 0: there are no more; -EINVAL: the tree is broken here. */
int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node);

struct fdt_value fdt_property(const struct fdt_node *node, const char *name);

/* Is the value a list of NUL-terminated strings that contains word? */
bool fdt_has_string(struct fdt_value value, const char *word);
/* The value as a NUL-terminated string, or NULL if it is none. */
const char *fdt_string(struct fdt_value value);
/*
 * Reads the big-endian number of `cells` (1 or 2) 32-bit words at cell index.
 * Returns: false: the value is too short.
 */
bool fdt_number(struct fdt_value value, uint32_t index, uint32_t cells, uint64_t *number);
/* Reads entry index of reg. Returns: false: past the end, or cell counts that cannot be read. */
bool fdt_reg(const struct fdt_node *node, uint32_t index, uint64_t *start, uint64_t *bytes);
/* Reads entry index of the memory reservation block. Returns: false: past the end. */
bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *start, uint64_t *bytes);
