/*
 * machine MODE: what the machine's tests of the lab `inspect` look at (machine.py).
 *
 * pages    stores into some pages, reads others, forks: before and after, the process's numbers
 * tables   memory far apart, one page in each of some leaf tables: before and after, the machine's
 * swap     more pages than a quota allows: the process's numbers, and what it has in swap
 * calls    so many calls, refused and answered, that memory would be gone if they lost any; then
 *          as many pages as most of memory
 * counts   between two checkpoints, some calls
 *
 * How many pages are taken is drawn from the nonce. Facts: two struct vm_stats, before and after;
 * then the address of the pages, how many were stored into, read, left alone.
 */
#include "checkpoint.h"

#define MOST 96ul
#define APART (512ul * PAGE_SIZE)
#define MANY 500ul
#define QUOTA 200
#define CALLS 6000
#define REST 2300ul
#define TIMES 400

static struct {
    struct vm_stats before, after;
    uint64_t pages, stored, read, left;
} facts;

static char *map(size_t bytes)
{
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        die("machine", "mmap");
    return memory;
}

static void ask(int pid, struct vm_stats *stats)
{
    memset(stats, 0xa5, sizeof(*stats)); /* its pages are there, and nothing of it may stay */
    if (vmstat(pid, stats, 0) < 0)
        die("machine", "vmstat");
}

static uint64_t some(uint64_t n)
{
    return 8 + drawn(n) % (MOST - 8);
}

static void store(char *memory, uint64_t i)
{
    *(uint64_t *)(memory + i * PAGE_SIZE) = drawn(1000 + i);
}

static void pages_mode(void)
{
    uint64_t sum = 0;
    char *memory;

    facts.stored = some(1);
    facts.read = some(2);
    facts.left = some(3);
    memory = map((facts.stored + facts.read + facts.left) * PAGE_SIZE);
    facts.pages = (uint64_t)memory;
    ask(getpid(), &facts.after);
    ask(getpid(), &facts.before);
    for (uint64_t i = 0; i < facts.stored; i++)
        store(memory, i);
    for (uint64_t i = facts.stored; i < facts.stored + facts.read; i++)
        sum += *(volatile uint64_t *)(memory + i * PAGE_SIZE);
    ask(getpid(), &facts.after);
    facts.left += sum;
    checkpoint(1, &facts, sizeof facts);
}

static void tables_mode(void)
{
    char *memory;

    facts.stored = some(4) / 2;
    memory = map(facts.stored * APART);
    facts.pages = (uint64_t)memory;
    ask(0, &facts.after);
    ask(0, &facts.before);
    for (uint64_t i = 0; i < facts.stored; i++)
        store(memory + i * (APART - PAGE_SIZE), i);
    ask(0, &facts.after);
    checkpoint(1, &facts, sizeof facts);
}

static void swap_mode(void)
{
    uint64_t pages = MANY + some(5);
    char *memory = map(pages * PAGE_SIZE);

    facts.pages = (uint64_t)memory;
    facts.stored = pages;
    if (memlimit(QUOTA, -1) < 0)
        die("machine", "memlimit");
    ask(0, &facts.before);
    for (uint64_t i = 0; i < pages; i++)
        store(memory, i);
    ask(getpid(), &facts.after);
    checkpoint(1, &facts, sizeof facts);
}

static void calls_mode(void)
{
    char *memory;

    for (int i = 0; i < CALLS; i++) {
        facts.left += (uint64_t)(vmstat(0, (struct vm_stats *)8, 0) == 0);
        facts.left += (uint64_t)(vmstat(30000 + i % 100, &facts.after, 0) == 0);
        if (i % 12 == 0)
            facts.left += (uint64_t)(vmstat(getpid(), &facts.after, 0) != 0);
    }
    memory = map(REST * PAGE_SIZE);
    for (uint64_t i = 0; i < REST; i++)
        store(memory, i);
    facts.pages = (uint64_t)memory;
    facts.stored = REST;
    checkpoint(1, &facts, sizeof facts);
}

static void counts_mode(void)
{
    char *memory = map(MANY * PAGE_SIZE);

    for (uint64_t i = 0; i < MANY; i++)
        store(memory, i);
    ask(0, &facts.before);
    checkpoint(1, &facts, sizeof facts);
    for (int i = 0; i < TIMES; i++) {
        ask(0, &facts.after);
        ask(getpid(), &facts.after);
    }
    checkpoint(2, &facts, sizeof facts);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {
        {"pages", pages_mode}, {"tables", tables_mode}, {"swap", swap_mode},
        {"calls", calls_mode}, {"counts", counts_mode},
    };

    for (unsigned i = 0; argc == 2 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    die("machine", "there is no such mode");
}
