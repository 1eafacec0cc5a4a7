/*
 * The kernel's own symbol table, for backtraces: made from nm's output when the image is linked
 * (sync/ksyms.awk), the last section of the image.
 */
#pragma once

#include <stdint.h>

struct kernel_symbol {
    uint64_t address;
    const char *name;
};

extern const struct kernel_symbol ksyms[]; /* ascending */
extern const uint64_t ksyms_count;

/* The function that the address lies in, and how far from its start; "?" where there is none. */
const char *ksym_find(uint64_t address, uint64_t *offset);
