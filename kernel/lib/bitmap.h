/* Arrays of bits in 64-bit words. Not atomic: the caller holds the lock of what they stand for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bitmap_test(const uint64_t *map, uint64_t bit)
{
    return map[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(uint64_t *map, uint64_t bit)
{
    map[bit / 64] |= 1ul << (bit % 64);
}

static inline void bitmap_clear(uint64_t *map, uint64_t bit)
{
    map[bit / 64] &= ~(1ul << (bit % 64));
}

/* The first clear bit in [from, bits), or bits where all are set. */
static inline uint64_t bitmap_find_clear(const uint64_t *map, uint64_t bits, uint64_t from)
{
    while (from < bits && bitmap_test(map, from))
        from += from % 64 == 0 && map[from / 64] == UINT64_MAX ? 64 : 1;
    return from < bits ? from : bits;
}

/* The first set bit in [from, bits), or bits where all are clear. */
static inline uint64_t bitmap_find_set(const uint64_t *map, uint64_t bits, uint64_t from)
{
    while (from < bits && !bitmap_test(map, from))
        from += map[from / 64] >> from % 64 == 0 ? 64 - from % 64 : 1;
    return from < bits ? from : bits;
}
