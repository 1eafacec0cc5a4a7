/* Memory and strings, as in C. */
#pragma once

#include <stddef.h>

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
