/*
 * mapload CASE: one use of memory after which a hart must not cache what it cached before. The
 * program looks at nothing but whether its calls work: the verdict is the kernel's TLB checker's.
 * tests/mutants plants bugs for it to find.
 */
#include "user.h"

#define PAGES 40ul
#define BYTES (PAGES * PAGE_SIZE)

static volatile char sink;

static volatile char *map(int flags, int fd)
{
    volatile char *at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (at == MAP_FAILED) {
        fprintf(2, "mapload: mmap failed: %d\n", errno);
        exit(1);
    }
    return at;
}

static void need(int result, const char *call)
{
    if (result < 0) {
        fprintf(2, "mapload: %s failed: %d\n", call, errno);
        exit(1);
    }
}

static volatile char *map_and_write(void)
{
    volatile char *at = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

    for (unsigned long i = 0; i < BYTES; i += PAGE_SIZE)
        at[i] = 1;
    return at;
}

/* Pages lose the write permission, then every permission. */
static void protect(void)
{
    volatile char *at = map_and_write();

    need(mprotect((void *)at, BYTES, PROT_READ), "mprotect");
    sink = at[0];
    need(mprotect((void *)at, BYTES, PROT_NONE), "mprotect");
}

/* One page in the middle goes, then the rest. */
static void unmap(void)
{
    volatile char *at = map_and_write();

    need(munmap((void *)(at + BYTES / 2), PAGE_SIZE), "munmap");
    need(munmap((void *)at, BYTES), "munmap");
}

/* Unmaps page-table pages with what they led to: nothing else lies near these addresses. */
static void tables(void)
{
    void *far = mmap((void *)0x1000000000, BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    if (far == MAP_FAILED)
        need(-1, "mmap");
    *(volatile char *)far = 1;
    need(munmap(far, BYTES), "munmap");
}

/* A file is cut while another process has it mapped and runs: it dies by the bus error. */
static void cut(void)
{
    int file = open("/mapload.tmp", O_RDWR | O_CREATE | O_TRUNC);
    int ready[2];
    int status;
    char byte;

    need(file, "open");
    need(unlink("/mapload.tmp"), "unlink");
    need(ftruncate(file, BYTES), "ftruncate");
    need(pipe(ready), "pipe");
    if (fork() == 0) {
        volatile char *at = map(MAP_SHARED, file);

        at[BYTES - 1] = 1;
        need((int)write(ready[1], "r", 1), "write");
        for (;;)
            at[BYTES - 1]++;
    }
    need((int)read(ready[0], &byte, 1), "read");
    sleep(2);
    need(ftruncate(file, 1), "ftruncate");
    need(wait(&status), "wait");
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {{"protect", protect}, {"unmap", unmap}, {"tables", tables}, {"cut", cut}};

int main(int argc, char *argv[])
{
    for (unsigned i = 0; argc == 2 && i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(2, "usage: mapload protect|unmap|tables|cut\n");
    return 2;
}
