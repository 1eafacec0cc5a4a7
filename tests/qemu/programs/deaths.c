/* Children that die of memory, each in its own way: their last lines are for the host to read. */
#include "kernel/types.h"
#include "kernel/fcntl.h"
#include "user/user.h"

#define PAGE 4096

static volatile char sink;
static char block[64 * 1024];

int ftruncate(int fd, long size); /* xv6 has none */

static char *map(const char *path, int prot, int flags, int bytes)
{
    char *start = mmap(0, bytes, prot, flags, open(path, O_CREATE | O_RDWR), 0);

    if (start == (char *)-1)
        exit(1);
    return start;
}

static void null_store(void)
{
    *(volatile int *)0 = 1;
}

static void null_call(void)
{
    ((void (*volatile)(void))0)();
}

static void no_area(void)
{
    sink = *(volatile char *)0x1234567000;
}

static void below_sp(void)
{
    volatile char *sp;

    __asm__ volatile("mv %0, sp" : "=r"(sp));
    sp[-20 * PAGE] = 1;
}

static int overrun(int depth)
{
    volatile char room[PAGE];

    room[0] = (char)depth;
    return overrun(depth + 1) + room[0];
}

static void guard(void)
{
    sink = (char)overrun(0);
}

static void read_only(void)
{
    *map("README", PROT_READ, MAP_PRIVATE, PAGE) = 1;
}

static void not_executable(void)
{
    ((void (*)(void))map("README", PROT_READ, MAP_PRIVATE, PAGE))();
}

static void past_end(void)
{
    sink = map("empty", PROT_READ, MAP_SHARED, PAGE)[0];
}

static void no_block(void)
{
    char *hole = map("sparse", PROT_READ | PROT_WRITE, MAP_SHARED, PAGE);
    int full = open("full", O_CREATE | O_RDWR);

    ftruncate(open("sparse", O_RDWR), PAGE);
    while (write(full, block, sizeof(block)) > 0 || write(full, block, PAGE) > 0)
        continue;
    *hole = 1;
}

int main(void)
{
    void (*const death[])(void) = {null_store, null_call, no_area, below_sp, guard, read_only,
                                   not_executable, past_end, no_block};

    for (int i = 0; i < (int)(sizeof(death) / sizeof(death[0])); i++) {
        int status = 0;

        if (fork() == 0) {
            death[i]();
            exit(0);
        }
        wait(&status);
        printf("death %d: status %d\n", i, status);
    }
    return 0;
}
