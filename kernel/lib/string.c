/*
 * Memory and strings. Where target and source are equally aligned, memory moves in blocks of eight
 * words, which is what the price of page faults, fork and user copies hangs on. A block is loaded
 * whole before it is stored, so copying forwards is right for any target below its source.
 *
 * gcc must be told (-fno-tree-loop-distribute-patterns) not to turn the loop in memset into a call
 * of memset.
 */
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)
#define BLOCK (8 * WORD)

static inline void block_fill(word_t *target, word_t word)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < BLOCK / WORD; i++)
        target[i] = word;
}

static inline void block_copy(word_t *target, const word_t *source)
{
    word_t words[BLOCK / WORD];

#pragma GCC unroll 8
    for (size_t i = 0; i < BLOCK / WORD; i++)
        words[i] = source[i];
#pragma GCC unroll 8
    for (size_t i = 0; i < BLOCK / WORD; i++)
        target[i] = words[i];
}

/* So many blocks at a time, that what the loop itself costs is little beside what it moves. */
#define CHUNK (16 * BLOCK)

static inline void chunk_fill(word_t *target, word_t filler)
{
#pragma GCC unroll 16
    for (size_t word = 0; word < CHUNK / WORD; word += BLOCK / WORD)
        block_fill(target + word, filler);
}

static inline void chunk_copy(word_t *target, const word_t *source)
{
#pragma GCC unroll 16
    for (size_t word = 0; word < CHUNK / WORD; word += BLOCK / WORD)
        block_copy(target + word, source + word);
}

void page_clear(void *page)
{
    word_t *target = page;
    word_t *end = target + 4096 / WORD;

    for (; target < end; target += CHUNK / WORD)
        chunk_fill(target, 0);
}

void page_copy(void *target, const void *source)
{
    word_t *to = target;
    const word_t *from = source;
    word_t *end = to + 4096 / WORD;

    for (; to < end; to += CHUNK / WORD, from += CHUNK / WORD)
        chunk_copy(to, from);
}

void *memset(void *target, int byte, size_t bytes)
{
    unsigned char *to = target;
    word_t word = (unsigned char)byte * 0x0101010101010101ul;

    for (; bytes > 0 && (uintptr_t)to % WORD != 0; bytes--)
        *to++ = (unsigned char)byte;
    for (; bytes >= BLOCK; bytes -= BLOCK, to += BLOCK)
        block_fill((word_t *)to, word);
    for (; bytes >= WORD; bytes -= WORD, to += WORD)
        *(word_t *)to = word;
    for (; bytes > 0; bytes--)
        *to++ = (unsigned char)byte;
    return target;
}

static bool equally_aligned(const void *a, const void *b)
{
    return ((uintptr_t)a - (uintptr_t)b) % WORD == 0;
}

void *memcpy(void *target, const void *source, size_t bytes)
{
    unsigned char *to = target;
    const unsigned char *from = source;

    if (equally_aligned(to, from)) {
        for (; bytes > 0 && (uintptr_t)to % WORD != 0; bytes--)
            *to++ = *from++;
        for (; bytes >= CHUNK; bytes -= CHUNK, to += CHUNK, from += CHUNK)
            chunk_copy((word_t *)to, (const word_t *)from);
        for (; bytes >= BLOCK; bytes -= BLOCK, to += BLOCK, from += BLOCK)
            block_copy((word_t *)to, (const word_t *)from);
        for (; bytes >= WORD; bytes -= WORD, to += WORD, from += WORD)
            *(word_t *)to = *(const word_t *)from;
    }
    for (; bytes > 0; bytes--)
        *to++ = *from++;
    return target;
}

void *memmove(void *target, const void *source, size_t bytes)
{
    unsigned char *to = (unsigned char *)target + bytes;
    const unsigned char *from = (const unsigned char *)source + bytes;

    if ((uintptr_t)target - (uintptr_t)source >= bytes) /* below the source, or beyond its end */
        return memcpy(target, source, bytes);
    if (equally_aligned(to, from)) {
        for (; bytes > 0 && (uintptr_t)to % WORD != 0; bytes--)
            *--to = *--from;
        for (; bytes >= WORD; bytes -= WORD) {
            to -= WORD;
            from -= WORD;
            *(word_t *)to = *(const word_t *)from;
        }
    }
    for (; bytes > 0; bytes--)
        *--to = *--from;
    return target;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *left = a, *right = b;

    for (; bytes > 0; bytes--, left++, right++) {
        if (*left != *right)
            return *left - *right;
    }
    return 0;
}

size_t strlen(const char *string)
{
    return strnlen(string, SIZE_MAX);
}

size_t strnlen(const char *string, size_t limit)
{
    size_t length = 0;

    while (length < limit && string[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit > 0; limit--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (*a == '\0')
            break;
    }
    return 0;
}

char *strchr(const char *string, int c)
{
    for (; *string != (char)c; string++) {
        if (*string == '\0')
            return NULL;
    }
    return (char *)string;
}

size_t strlcpy(char *target, const char *source, size_t size)
{
    size_t length = strlen(source);

    if (size > 0) {
        size_t fits = length < size ? length : size - 1;

        memcpy(target, source, fits);
        target[fits] = '\0';
    }
    return length;
}
