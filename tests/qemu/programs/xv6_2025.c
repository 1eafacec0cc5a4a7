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
#include "kernel/abi/vm_stats.h"
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
    fill_address_space();
    return 7;
}
