/*
 * What programs written for xv6 of 2025 take for granted and those of 2022 did not: pause,
 * sbrklazy, SBRK_ERROR, a main that returns; and xv39's calls beyond xv6's. See xv6_2022.c.
 */
#include "../kernel/types.h"
#include "kernel/param.h"
#include "kernel/stat.h"
#include "kernel/vm.h"
#include "kernel/fcntl.h"
#include "kernel/syscall.h"
#include "kernel/memlayout.h"
#include "kernel/abi/errno.h"
#include "kernel/abi/vm_stats.h"
#include "kernel/abi/wait.h"
#include "user/user.h"

#define HAS(name, ...) \
    _Static_assert(__builtin_types_compatible_p(typeof(name), __VA_ARGS__), #name)
#define IS(name, value) _Static_assert((name) == (value), #name)

HAS(sbrk, char *(int));
HAS(sbrklazy, char *(int));
HAS(sys_sbrk, char *(int, int));
HAS(pause, int(int));
HAS(lseek, long(int, long, int));
HAS(vmstat, int(int, struct vm_stats *, int));
HAS(mmap, void *(void *, uint64, int, int, int, uint64));
HAS(wait_info, int(int *, int *));
HAS(foreground, int(int));
IS(SBRK_EAGER, 1);
IS(SBRK_LAZY, 2);
IS(SYS_pause, 13);
IS(USERSTACK * PGSIZE, 256 << 10);
IS(PROT_READ | PROT_WRITE | PROT_EXEC, 7);
IS(MAP_SHARED | MAP_PRIVATE, 3);

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(2, "xv6_2025: %s\n", what);
        exit(1);
    }
}

/* The heap can have every address up to TRAPFRAME, and none beyond. */
static void fill_address_space(void)
{
    char *page;

    while ((uint64)sbrk(0) < MAXVA - (1 << 30))
        need(sbrklazy(1 << 30) != SBRK_ERROR, "sbrklazy of 1 GiB");
    page = sbrk(0);
    need(sbrklazy(TRAPFRAME - PGSIZE - (uint64)page) == page, "sbrklazy of the rest");
    need(sbrk(PGSIZE) == (char *)TRAPFRAME - PGSIZE, "sbrk of the last page");
    need(sbrk(1) == SBRK_ERROR && sbrklazy(1) == SBRK_ERROR, "sbrk beyond the end");
    page = sbrk(0) - PGSIZE;
    page[0] = 1;
    need(page[0] == 1 && page[1] == 0, "the last page");
}

static int word;

static void set_word(void *value)
{
    word = *(int *)value;
    futex_wake(&word, 1);
}

/* Some of the calls that only xv39 has, with their constants. */
static void further_calls(void)
{
    char *pages = mmap(0, 2 * PGSIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status, cause, thread, five = 5;
    uchar present[2];

    need(pages != MAP_FAILED && mlock(pages, PGSIZE) == 0, "mmap, mlock");
    need(mincore(pages, 2 * PGSIZE, present) == 0 && present[0] == 1, "mincore");
    need(munlock(pages, PGSIZE) == 0 && madvise(pages, PGSIZE, MADV_DONTNEED) == 0, "madvise");
    need(mprotect(pages, PGSIZE, PROT_READ) == 0 && munmap(pages, PGSIZE) == 0, "mprotect");
    thread = thread_create(set_word, &five, pages + 2 * PGSIZE);
    need(thread > 0, "thread_create");
    while (word == 0)
        futex_wait(&word, 0);
    need(word == 5 && thread_join(thread) == 0, "futex_wait, thread_join");
    need(munmap(pages + PGSIZE, PGSIZE) == 0, "munmap");
    need(memlimit(1000, POLICY_CLOCK) == 0 && memlimit(0, POLICY_LRU) == 1000, "memlimit");
    need(memlimit(QUOTA_MIN - 1, -1) == -1 && errno == EINVAL, "memlimit of less than the least");
    if (fork() == 0)
        exit(-1);
    need(wait_info(&status, &cause) > 0 && status == -1 && cause == CAUSE_EXITED, "wait_info");
}

int main(void)
{
    char *start = sbrk(0);
    struct vm_stats stats;
    int fd;

    need(pause(1) == 0 && uptime() > 0, "pause");
    need(sbrk(-(int)((uint64)start + 1)) == start && sbrk(0) == start, "a break below zero");
    need(vmstat(0, &stats, 0) == 0 && stats.version == VM_STATS_VERSION, "vmstat");
    fd = open("sparse", O_CREATE | O_RDWR);
    need(lseek(fd, 5, SEEK_SET) == 5 && write(fd, "x", 1) == 1, "lseek");
    need(write(fd, (char *)TRAMPOLINE, 1) == -1 && write(fd, (char *)KERNBASE, 1) == -1, "EFAULT");
    close(fd);
    unlink("sparse");
    further_calls();
    fill_address_space();
    return 7;
}
