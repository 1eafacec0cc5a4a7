/*
 * Reference strings: which page is used, access by access. The model on the host knows the same
 * ones (tests/model/strings.py), to the last access. See there for what each is for.
 */
#ifndef USER_REFTRACE_STRINGS_H
#define USER_REFTRACE_STRINGS_H

#include <stdint.h>

struct string_kind;

struct string {
    const struct string_kind *kind;
    uint32_t pages;   /* numbered from 0 */
    uint32_t length;  /* accesses */
    uint32_t counted; /* the first access that counts; those before it bring the pages in */
    uint32_t at;      /* the next access */
    uint32_t scanned;
    uint64_t seed;
    uint64_t word; /* the generator's state */
    const char *text, *end; /* of a string that is listed: what is to be read */
};

/* frames: some strings are made for a number of frames. seed NULL: the string's own. 0, or -1. */
int string_start(struct string *string, const char *name, uint32_t frames, const uint64_t *seed);
/* The string that is listed in a text: numbers of pages, with blanks between. All count. 0; -1. */
int string_listed(struct string *string, const char *text, const char *end);
uint32_t string_next(struct string *string); /* at most `length` times */

#endif
