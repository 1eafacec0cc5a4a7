/* Limits that programs can meet. What exceeds one is refused with the errno given. */
#pragma once

#define MAX_PROCESSES 512          /* EAGAIN */
#define MAX_THREADS 480            /* in all, beyond the first of each process: EAGAIN */
#define MAX_OPEN_FILES 64          /* per process: EMFILE */
#define MAX_ARGS 32                /* of exec: E2BIG */
#define MAX_ARG_BYTES 4096         /* all of exec's strings, their NULs too: E2BIG */
#define MAX_PATH 1024              /* a path with its NUL: ENAMETOOLONG */
#define PIPE_BYTES 65536           /* what a pipe holds before a writer waits */
#define STACK_BYTES (256 * 1024)   /* the default limit of a user stack */
#define MAX_HARTS 8

#define TICKS_PER_SECOND 10        /* of sleep() and uptime() */
