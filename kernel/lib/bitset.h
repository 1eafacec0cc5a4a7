/*
 * A set of small numbers in which the next member is found at once, however many numbers and
 * however few members there are. It has a bit for each number, and a bit for each word of those,
 * set where that word is not 0. So a search looks at one word, at summary[], and at one word more:
 *
 *     summary[]      1           0           1 ...
 *     bits[]     ..1..11.    ........    1.......        (drawn with words of 8 bits)
 *
 * Not atomic: the caller holds the lock of what the numbers stand for.
 */
#pragma once

#include "lib/bitmap.h"

#define BITSET_MAX (1u << 20)   /* numbers are less */
#define BITSET_NONE UINT32_MAX

struct bitset {
    uint32_t size;                          /* members are less */
    uint64_t *bits;                         /* BITMAP_WORDS(size) words */
    uint64_t summary[BITSET_MAX / 64 / 64]; /* a bit for each word of bits[] */
};

static inline void bitset_add(struct bitset *set, uint32_t number)
{
    bitmap_set(set->bits, number);
    bitmap_set(set->summary, number / 64);
}

static inline void bitset_remove(struct bitset *set, uint32_t number)
{
    bitmap_clear(set->bits, number);
    if (set->bits[number / 64] == 0)
        bitmap_clear(set->summary, number / 64);
}

/*
 * The first member from `from` on; after the largest one comes the smallest. from: up to size.
 * Returns: BITSET_NONE: the set is empty.
 */
static inline uint32_t bitset_next(const struct bitset *set, uint32_t from)
{
    uint64_t words = BITMAP_WORDS(set->size), word, member;

    from = from < set->size ? from : 0;
    word = from / 64 + 1;
    member = bitmap_find_set(set->bits, word * 64, from);
    if (member < word * 64)
        return (uint32_t)member;
    word = bitmap_find_set(set->summary, words, word);
    if (word == words)
        word = bitmap_find_set(set->summary, words, 0);
    if (word == words)
        return BITSET_NONE;
    return (uint32_t)bitmap_find_set(set->bits, set->size, word * 64);
}
