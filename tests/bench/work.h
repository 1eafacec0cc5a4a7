/*
 * What work.c needs of the system it is built for: xv39, or with -DPOSIX any system with the calls
 * of POSIX, so that the same work can be measured there (cc -O2 -DPOSIX -static work.c).
 */
#ifndef WORK_H
#define WORK_H

#ifdef POSIX

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_SIZE 4096
#define STDERR stderr

static inline int file_create(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static inline unsigned long pages_free(void)
{
    return 0; /* nobody knows */
}

/* What paging has cost so far is for other programs to tell. */
static inline void print_paging(const char *when)
{
    printf("work %s\n", when);
    fflush(stdout);
}

#else

#include "user.h"

static inline int file_create(const char *path)
{
    return open(path, O_RDWR | O_CREATE | O_TRUNC);
}

static inline unsigned long pages_free(void)
{
    struct vm_stats stats;

    return vmstat(0, &stats, 0) < 0 ? 0 : stats.frames[FRAME_FREE];
}

/* The kernel's counters since boot. */
static inline void print_paging(const char *when)
{
    struct vm_stats stats;

    if (vmstat(0, &stats, 0) < 0)
        die("work", "vmstat");
    printf("work %s: free %llu pgin %llu pgout %llu scan %llu evict %llu", when,
           stats.frames[FRAME_FREE], stats.pgin, stats.pgout, stats.scan,
           stats.evict_clean + stats.evict_dirty);
    printf(" reads %llu %llu writes %llu %llu\n", stats.disk_reads, stats.disk_read_bytes,
           stats.disk_writes, stats.disk_write_bytes);
}

#endif
#endif
