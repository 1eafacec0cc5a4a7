/*
 * Memory and strings, as in C. On the host the C library has the same names, so there ours carry a
 * prefix: kernel files under test use ours, the test program may use both.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stddef.h>

#ifdef XV39_HOST
#define memset xv39_memset
#define memcpy xv39_memcpy
#define memmove xv39_memmove
#define memcmp xv39_memcmp
#define strlen xv39_strlen
#define strnlen xv39_strnlen
#define strcmp xv39_strcmp
#define strncmp xv39_strncmp
#define strlcpy xv39_strlcpy
#define strchr xv39_strchr
#endif

void *memset(void *target, int byte, size_t bytes);
void *memcpy(void *target, const void *source, size_t bytes); /* must not overlap */
void *memmove(void *target, const void *source, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *string, int c);
/* Copies what fits into size bytes, always with a NUL where size > 0; returns strlen(source). */
size_t strlcpy(char *target, const char *source, size_t size);

/* One page of 4 KiB, aligned. */
void page_clear(void *page);
void page_copy(void *target, const void *source);

#endif
