/*
 * The kernel's own symbol table, for backtraces. It is made from nm's output when the image is
 * linked (sync/ksyms.awk), and is the last section of the image.
 */
#pragma once

#include <stdint.h>

struct kernel_symbol {
    uint64_t address;
    const char *name;
};

extern const struct kernel_symbol ksyms[]; /* ascending */
extern const uint64_t ksyms_count;

/* Returns: the name of the function that has the address, and the offset in it; or "?". */
const char *ksym_find(uint64_t address, uint64_t *offset);
