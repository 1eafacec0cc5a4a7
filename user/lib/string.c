/* Bytes and strings. Copies and fills move eight bytes at a time where the addresses allow it. */
#include "user.h"

#define WORD sizeof(uint64_t)

/* Words may be read through this type whatever the bytes are. */
typedef uint64_t __attribute__((may_alias)) word_t;

static int both_aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

static void *copy_forward(void *to, const void *from, size_t bytes)
{
    char *out = to;
    const char *in = from;

    if (both_aligned(out, in)) {
        for (; bytes >= WORD; bytes -= WORD, out += WORD, in += WORD)
            *(word_t *)out = *(const word_t *)in;
    }
    while (bytes-- > 0)
        *out++ = *in++;
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    return copy_forward(to, from, bytes);
}

void *memmove(void *to, const void *from, size_t bytes)
{
    char *out = (char *)to + bytes;
    const char *in = (const char *)from + bytes;

    if ((uintptr_t)to - (uintptr_t)from >= bytes)
        return copy_forward(to, from, bytes); /* to is not inside from */
    if (both_aligned(out, in)) {
        for (; bytes >= WORD; bytes -= WORD) {
            out -= WORD;
            in -= WORD;
            *(word_t *)out = *(const word_t *)in;
        }
    }
    while (bytes-- > 0)
        *--out = *--in;
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    char *out = to;
    word_t word = (unsigned char)byte * 0x0101010101010101ull;

    for (; bytes > 0 && !both_aligned(out, out); bytes--)
        *out++ = (char)byte;
    for (; bytes >= WORD; bytes -= WORD, out += WORD)
        *(word_t *)out = word;
    while (bytes-- > 0)
        *out++ = (char)byte;
    return to;
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
    const char *end = string;

    while (*end)
        end++;
    return (size_t)(end - string);
}

char *strcpy(char *to, const char *from)
{
    char *out = to;

    while ((*out++ = *from++) != 0)
        ;
    return to;
}

/* Pads with NULs; like C's, writes no NUL if from has bytes characters or more. */
char *strncpy(char *to, const char *from, size_t bytes)
{
    size_t i = 0;

    for (; i < bytes && from[i]; i++)
        to[i] = from[i];
    for (; i < bytes; i++)
        to[i] = 0;
    return to;
}

char *strcat(char *to, const char *from)
{
    strcpy(to + strlen(to), from);
    return to;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t bytes)
{
    while (bytes > 0 && *a && *a == *b) {
        a++;
        b++;
        bytes--;
    }
    return bytes == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}

/* As in xv6, the NUL at the end is not found. */
char *strchr(const char *string, char character)
{
    for (; *string; string++) {
        if (*string == character)
            return (char *)string;
    }
    return NULL;
}

char *strrchr(const char *string, char character)
{
    const char *last = NULL;

    for (; *string; string++) {
        if (*string == character)
            last = string;
    }
    return (char *)last;
}

char *strstr(const char *string, const char *part)
{
    size_t length = strlen(part);

    for (;; string++) {
        if (strncmp(string, part, length) == 0)
            return (char *)string;
        if (*string == 0)
            return NULL;
    }
}
