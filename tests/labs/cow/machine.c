/*
 * machine MODE: what the machine's tests of the lab `cow` look at (machine.py).
 *
 * share    a fork, and nobody stores: both show the same frames
 * part     the parent stores at once into the first quarter, then the child into the second one
 * keep     the child stores into even pages, then the parent into all: before and after the child's
 *          end no page of the parent's has to move
 * swap     three processes with more pages than their quotas allow store into a part each
 * ledger   frames by class, before and after many forks
 * counts   between two checkpoints: forks, and some stores into each child's pages
 *
 * Page i is filled by drawn(): its first word is number 2i of round 1, its last word 2i + 1. Who
 * stores into it later changes the first word alone, to that of another round: 2 the parent after
 * the fork, 3 a child, 4 its child. So the last word shows that the page was copied.
 * Facts: the address of the pages, how many they are; or what the comment there says.
 */
#include "checkpoint.h"

#define PAGES 64ul
#define MANY 700ul
#define QUOTA 260
#define ROUNDS 40
#define FORKS 25
#define STORES 40ul

static uint64_t facts[2];
static int to_parent[2], to_child[2];

static void fill(char *memory, uint64_t i)
{
    uint64_t *word = (uint64_t *)(memory + i * PAGE_SIZE);

    word[0] = drawn(1ul << 32 | 2 * i);
    word[PAGE_SIZE / 8 - 1] = drawn(1ul << 32 | (2 * i + 1));
}

static void store(char *memory, uint64_t i, uint64_t round)
{
    *(uint64_t *)(memory + i * PAGE_SIZE) = drawn(round << 32 | 2 * i);
}

static char *filled(uint64_t pages)
{
    char *memory = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED || pipe(to_parent) < 0 || pipe(to_child) < 0)
        die("machine", "mmap or pipe");
    for (uint64_t i = 0; i < pages; i++)
        fill(memory, i);
    facts[0] = (uint64_t)memory;
    facts[1] = pages;
    return memory;
}

static int fork_or_die(void)
{
    int pid = fork();

    if (pid < 0)
        die("machine", "fork");
    return pid;
}

static void say(int pipe[2])
{
    if (write(pipe[1], "x", 1) != 1)
        die("machine", "write");
}

static void hear(int pipe[2])
{
    char byte;

    if (read(pipe[0], &byte, 1) != 1)
        die("machine", "read");
}

static void see(unsigned long number)
{
    checkpoint(number, facts, sizeof facts);
}

static void share_mode(void)
{
    filled(PAGES);
    if (fork_or_die() == 0) {
        see(1);
        say(to_parent);
        hear(to_child);
        exit(0);
    }
    hear(to_parent);
    see(2);
    say(to_child);
    wait(NULL);
}

/* The stores of the parent follow fork at once: an old translation would let them through. */
static void part_mode(void)
{
    char *memory;
    int pid = fork_or_die();

    if (pid == 0)
        exit(0); /* so that the kernel has a stack for the next child, and maps none meanwhile */
    wait(NULL);
    memory = filled(PAGES);
    pid = fork_or_die();
    if (pid > 0)
        for (uint64_t i = 0; i < PAGES / 4; i++)
            store(memory, i, 2);
    if (pid == 0) {
        hear(to_child);
        for (uint64_t i = PAGES / 4; i < PAGES / 2; i++)
            store(memory, i, 3);
        see(1);
        say(to_parent);
        hear(to_child);
        exit(0);
    }
    say(to_child);
    hear(to_parent);
    see(2);
    say(to_child);
    wait(NULL);
}

static void keep_mode(void)
{
    char *memory = filled(PAGES);

    if (fork_or_die() == 0) {
        for (uint64_t i = 0; i < PAGES; i += 2)
            store(memory, i, 3);
        say(to_parent);
        hear(to_child);
        exit(0);
    }
    hear(to_parent);
    see(1);
    for (uint64_t i = 0; i < PAGES; i += 2)
        store(memory, i, 2);
    see(2);
    say(to_child);
    wait(NULL);
    for (uint64_t i = 1; i < PAGES; i += 2)
        store(memory, i, 2);
    see(3);
}

/* Round r stores into the pages i with i % 4 == r - 1, and reads all of them, so that they move. */
static void store_and_read(char *memory, uint64_t round)
{
    uint64_t sum = 0;

    for (uint64_t i = round - 1; i < MANY; i += 4)
        store(memory, i, round);
    for (uint64_t i = 0; i < MANY; i++)
        sum += *(volatile uint64_t *)(memory + i * PAGE_SIZE);
    (void)sum;
}

static void swap_mode(void)
{
    char *memory = filled(MANY);

    if (memlimit(QUOTA, -1) < 0)
        die("machine", "memlimit");
    if (fork_or_die() == 0) {
        if (fork_or_die() == 0) {
            store_and_read(memory, 4);
            see(1);
            exit(0);
        }
        wait(NULL);
        store_and_read(memory, 3);
        see(2);
        exit(0);
    }
    store_and_read(memory, 2);
    wait(NULL);
    store_and_read(memory, 2);
    see(3);
}

static void rounds(char *memory, int count)
{
    for (int round = 0; round < count; round++) {
        if (fork_or_die() == 0) {
            for (uint64_t i = 0; i < PAGES; i += 3)
                store(memory, i, 3);
            exit(0);
        }
        for (uint64_t i = 0; i < PAGES; i += 2)
            store(memory, i, 2);
        wait(NULL);
    }
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t frames[2][FRAME_CLASSES];
    char *memory = filled(PAGES);

    rounds(memory, 2); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    rounds(memory, ROUNDS);
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        frames[0][class] = before.frames[class];
        frames[1][class] = after.frames[class];
    }
    checkpoint(1, frames, sizeof frames);
}

static void counts_mode(void)
{
    char *memory = filled(MANY);

    see(1);
    for (int round = 0; round < FORKS; round++) {
        if (fork_or_die() == 0) {
            for (uint64_t i = 0; i < STORES; i++)
                store(memory, i, 3);
            exit(0);
        }
        wait(NULL);
        for (uint64_t i = 0; i < STORES; i++)
            store(memory, i, 2);
    }
    see(2);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {
        {"share", share_mode}, {"part", part_mode}, {"keep", keep_mode},
        {"swap", swap_mode}, {"ledger", ledger_mode}, {"counts", counts_mode},
    };

    for (unsigned i = 0; argc == 2 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    die("machine", "there is no such mode");
}
