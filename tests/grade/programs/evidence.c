/*
 * evidence MODE: what tests/grade/selftest.evidence looks at.
 *
 * pages    writes drawn values to pages of its own, and has two checkpoints: at the second one, the
 *          last page is gone, and the first has another value. Facts: where the pages lie, how many
 *          there are, and instret
 * early    ends before its checkpoints, with success
 * flood    prints, and never ends
 * idle     waits, and never ends
 * forged   a child has other code at the checkpoint's address, and comes there, before the parent
 * crowd    children that come to checkpoints at the same time: 5 each, numbered 10 * child + 0..4
 * lying    two checkpoints whose facts are nowhere: too many bytes, and an address without memory
 */
#include "checkpoint.h"
#include "instructions.h"

#define PAGES 5
#define CHILDREN 4
#define TIMES 5
#define NOP 0x00000013
#define RETURN 0x00008067
#define NOWHERE 0x50000000

extern const char checkpoint_here[];

static struct facts {
    uint64_t pages, count, instret;
} facts;

static char *map(void *at, size_t pages, int prot, int flags)
{
    char *memory = mmap(at, pages * PAGE_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    if (memory == MAP_FAILED)
        die("evidence", "mmap");
    return memory;
}

static void stop(unsigned long number)
{
    facts.instret = instructions();
    checkpoint(number, &facts, sizeof facts);
}

static void pages_mode(void)
{
    char *pages = map(NULL, PAGES, PROT_READ | PROT_WRITE, 0);

    for (uint64_t i = 0; i < PAGES; i++)
        *(uint64_t *)(pages + i * PAGE_SIZE) = drawn(i);
    facts.pages = (uint64_t)pages;
    facts.count = PAGES;
    stop(1);
    munmap(pages + (PAGES - 1) * PAGE_SIZE, PAGE_SIZE);
    *(uint64_t *)pages = drawn(PAGES);
    stop(2);
}

static void flood_mode(void)
{
    static char line[4096];

    memset(line, '#', sizeof line);
    line[sizeof line - 1] = '\n';
    for (;;)
        write(STDOUT, line, sizeof line);
}

/* Where the marked instruction is; like checkpoint(), but without its care for the facts. */
static void come_here(unsigned long number, uint64_t at, uint64_t bytes)
{
    void (*here)(unsigned long, uint64_t, uint64_t) = (void (*)(unsigned long, uint64_t, uint64_t))
        checkpoint_here;

    here(number, at, bytes);
}

static void forge(void)
{
    uint64_t page = (uint64_t)checkpoint_here & -PAGE_SIZE;
    uint32_t *code = (uint32_t *)checkpoint_here;

    munmap((void *)page, PAGE_SIZE);
    map((void *)page, 1, PROT_READ | PROT_WRITE, MAP_FIXED);
    code[0] = NOP;
    code[1] = RETURN;
    if (mprotect((void *)page, PAGE_SIZE, PROT_READ | PROT_EXEC) < 0)
        die("evidence", "mprotect");
    __asm__ volatile("fence.i" ::: "memory");
    come_here(1, 0, 0);
    exit(7);
}

static int forged_mode(void)
{
    int status, child = fork();

    if (child < 0)
        die("evidence", "fork");
    if (child == 0)
        forge();
    if (wait(&status) != child || status != 7)
        return 1;
    stop(1);
    return 0;
}

static int crowd_mode(void)
{
    int status, failed = 0;

    for (unsigned long child = 1; child <= CHILDREN; child++) {
        int pid = fork();

        if (pid < 0)
            die("evidence", "fork");
        for (unsigned long i = 0; pid == 0 && i < TIMES; i++)
            stop(10 * child + i);
        if (pid == 0)
            exit(0);
    }
    for (int child = 0; child < CHILDREN; child++)
        failed += wait(&status) < 0 || status != 0;
    return failed;
}

int main(int argc, char *argv[])
{
    const char *mode = argc > 1 ? argv[1] : "";

    if (strcmp(mode, "flood") == 0)
        flood_mode();
    while (strcmp(mode, "idle") == 0)
        pause(TICKS_PER_SECOND);
    if (strcmp(mode, "forged") == 0)
        return forged_mode();
    if (strcmp(mode, "crowd") == 0)
        return crowd_mode();
    if (strcmp(mode, "pages") == 0)
        pages_mode();
    if (strcmp(mode, "lying") == 0) {
        come_here(3, (uint64_t)&facts, 1ul << 60);
        come_here(4, NOWHERE, sizeof facts);
    }
    return 0;
}
