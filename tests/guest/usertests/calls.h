/*
 * Every system call in one table: which of its arguments are pointers, and which way bytes go
 * through them.
 */
#ifndef CALLS_H
#define CALLS_H

#include "test.h"

enum argument {
    NONE,
    NUMBER,   /* harmless: 0 */
    ONE,      /* 1 */
    FILE_FD,  /* a regular file, open for both */
    PIPE_OUT, /* the end to write to */
    LENGTH,   /* BUFFER_BYTES */
    AREA,     /* the address of as many mapped pages ... */
    AREA_LENGTH, /* ... and their bytes */
    INPUT,    /* the kernel reads from it */
    OUTPUT,   /* the kernel writes to it; null is no place either */
    STATUS,   /* the same, but null means: not wanted */
    PATH,     /* a string */
    VECTOR,   /* pointers to strings, up to a null */
};

#define ARGUMENTS 3

struct call_row {
    int number;
    const char *name;
    enum argument arguments[ARGUMENTS];
    int bytes; /* that go through INPUT, OUTPUT or STATUS */
};

#define BUFFER_BYTES 64

extern const struct call_row calls[]; /* ends with a row without a name */

/* What the arguments refer to. prepare() makes it; last_page ends where nothing is mapped. */
extern int file_fd, pipe_ends[2];
extern char *last_page;
void prepare(void);

bool is_pointer(enum argument argument);
/* A value with which the call gets as far as the pointer under test. */
long good_argument(enum argument argument);
/* Bytes that the call needs behind its argument which, all of them zero. */
unsigned long pointer_bytes(const struct call_row *row, int which);
/* A read or write that moved the bytes before those that are not there, and tells how many. */
static inline bool moved_what_is_there(const struct call_row *row, long result, long there)
{
    return (row->number == SYS_read || row->number == SYS_write) && there > 0 && result == there;
}
/* Makes the call with place for argument which; wait() finds a child, and none is left. */
long call_with(const struct call_row *row, int which, unsigned long place);

#endif
