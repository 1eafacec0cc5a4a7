/*
 * What programs written for xv6 of 2022 take for granted: the headers in xv6's order, each name
 * with its type, the values that its tests use as bounds. A wrong type or value does not compile;
 * what has to be seen at run time is in main.
 */
#include "kernel/param.h"
#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"
#include "kernel/fs.h"
#include "kernel/fcntl.h"
#include "kernel/syscall.h"
#include "kernel/memlayout.h"
#include "kernel/riscv.h"

#define HAS(name, ...) \
    _Static_assert(__builtin_types_compatible_p(typeof(name), __VA_ARGS__), #name)
#define IS(name, value) _Static_assert((name) == (value), #name)

HAS(fork, int(void));
HAS(exit, int(int));
HAS(wait, int(int *));
HAS(pipe, int(int *));
HAS(write, int(int, const void *, int));
HAS(read, int(int, void *, int));
HAS(close, int(int));
HAS(kill, int(int));
HAS(exec, int(const char *, char **));
HAS(open, int(const char *, int));
HAS(mknod, int(const char *, short, short));
HAS(unlink, int(const char *));
HAS(fstat, int(int, struct stat *));
HAS(link, int(const char *, const char *));
HAS(mkdir, int(const char *));
HAS(chdir, int(const char *));
HAS(dup, int(int));
HAS(getpid, int(void));
HAS(sbrk, char *(int));
HAS(sleep, int(int));
HAS(uptime, int(void));
HAS(stat, int(const char *, struct stat *));
HAS(strcpy, char *(char *, const char *));
HAS(memmove, void *(void *, const void *, int));
HAS(strchr, char *(const char *, char));
HAS(strcmp, int(const char *, const char *));
HAS(fprintf, void(int, const char *, ...));
HAS(printf, void(const char *, ...));
HAS(gets, char *(char *, int));
HAS(strlen, uint(const char *));
HAS(memset, void *(void *, int, uint));
HAS(malloc, void *(uint));
HAS(free, void(void *));
HAS(atoi, int(const char *));
HAS(memcmp, int(const void *, const void *, uint));
HAS(memcpy, void *(void *, const void *, uint));
HAS(r_sp, uint64(void));

IS(NPROC, 64);
IS(NOFILE, 16);
IS(NINODE, 50);
IS(MAXARG, 32);
IS(MAXPATH, 128);
IS(MAXOPBLOCKS, 10);
IS(FSSIZE, 2000);
IS(BSIZE, 1024);
IS(MAXFILE, 268);
IS(ROOTINO, 1);
IS(sizeof(struct dirent), DIRSIZ + 2);
IS(sizeof(struct stat), 24);
IS(PGSIZE, 4096);
IS(PGROUNDUP(4097), 8192);
IS(PGROUNDDOWN(4097), 4096);
IS(MAXVA, 1l << 38);
IS(KERNBASE, 0x80000000l);
IS(PHYSTOP - KERNBASE, 128 << 20);
IS(TRAMPOLINE, 0x3ffffff000);
IS(SYS_sleep, 13);
IS(SYS_close, 21);
IS(T_DIR * 100 + T_FILE * 10 + T_DEVICE, 123);

/* Names that are not xv6's, so a program may have its own. */
int end = 1, edata = 2, etext = 3;

int write_full(int fd)
{
    return fd + 1;
}

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(2, "xv6_2022: %s\n", what);
        exit(1);
    }
}

int main(int argc, char *argv[])
{
    char *page = sbrk(PGSIZE);
    struct dirent entry;
    struct stat status;
    int fd, status_of_child;
    uint64 size = 1l << 32;

    need(argc == 1 && strcmp(argv[0], "xv6_2022") == 0 && argv[1] == 0, "arguments");
    need((uint64)page % PGSIZE == 0 && (uint64)page < 64 << 20, "the heap is elsewhere");
    need(((volatile uint64 *)0)[0] == 0 && ((volatile uint64 *)0)[1] == 0, "a function is at 0");
    need(end == 1 && edata == 2 && etext == 3, "a variable is the linker's");
    need(sbrk(0) == page + PGSIZE && page[PGSIZE - 1] == 0, "sbrk");
    need(sbrk(-PGSIZE) == page + PGSIZE && sbrk(1 << 30) == (char *)-1, "sbrk, of too much");
    need(write_full(1) == 2, "a function of the library's name");
    fd = open(".", 0);
    need(fd >= 0 && fstat(fd, &status) == 0 && status.type == T_DIR, "the root directory");
    need(read(fd, &entry, sizeof(entry)) == sizeof(entry), "reading a directory");
    need(entry.inum == ROOTINO && strcmp(entry.name, ".") == 0, "its first entry");
    close(fd);
    need(stat("README", &status) == 0 && status.type == T_FILE && status.nlink == 1, "README");
    if (fork() == 0) {
        sleep(1);
        exit(747);
    }
    need(wait(&status_of_child) > 0 && status_of_child == 747, "the status, plainly");
    printf("%d %x %s %c %l %p %%\n", -5, 255, "text", 'c', size, size);
    exit(0);
}
