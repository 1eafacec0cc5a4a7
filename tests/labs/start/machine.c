/*
 * machine MODE: what the machine's tests of the lab `LABNAME` look at (machine.py).
 *
 * memory   pages, each with two values of its own
 * fork     the same; a child has changed its own
 * file     values that were written to a file, dropped from memory, and read again
 * ledger   frames by class, before and after much was taken and given back
 * counts   between two checkpoints, all of that once
 *
 * This is a beginning that any kernel passes that works. Let it do what your functions are for.
 */
#include "checkpoint.h"

#define PAGES 300ul
#define BLOCK 4096ul
#define BLOCKS 8ul
#define ROUNDS 8ul

static struct facts {
    uint64_t pages, count, round;
} facts;

static char block[BLOCKS * BLOCK];

static char *map(size_t pages)
{
    char *memory = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        die("machine", "mmap");
    return memory;
}

/* Page i has the values number 2i and 2i + 1 of the round, in its first and its last word. */
static void write_pages(char *memory, uint64_t round)
{
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t *word = (uint64_t *)(memory + i * PAGE_SIZE);

        word[0] = drawn(round << 32 | 2 * i);
        word[PAGE_SIZE / 8 - 1] = drawn(round << 32 | (2 * i + 1));
    }
}

static char *fill(uint64_t round)
{
    char *memory = map(PAGES);

    write_pages(memory, round);
    facts.pages = (uint64_t)memory;
    facts.count = PAGES;
    facts.round = round;
    return memory;
}

/* The child's checkpoint is number 1, the parent's number 2. */
static void with_child(int stops)
{
    char *memory = fill(1);
    int child = fork();

    if (child < 0)
        die("machine", "fork");
    if (child == 0) {
        write_pages(memory, 2);
        facts.round = 2;
        if (stops)
            checkpoint(1, &facts, sizeof facts);
        exit(0);
    }
    wait(NULL);
    if (stops)
        checkpoint(2, &facts, sizeof facts);
    munmap(memory, PAGES * PAGE_SIZE);
}

static void through_a_file(void)
{
    static struct vm_stats stats;
    int file = open("/values", O_CREATE | O_RDWR);

    for (uint64_t i = 0; i < sizeof block / 8; i++)
        ((uint64_t *)block)[i] = drawn(i);
    if (file < 0 || write(file, block, sizeof block) != (int)sizeof block)
        die("machine", "write");
    close(file);
    memset(block, 0, sizeof block);
    vmstat(0, &stats, VMSTAT_DROP);
    file = open("/values", O_RDONLY);
    if (file < 0 || read(file, block, sizeof block) != (int)sizeof block)
        die("machine", "read");
    close(file);
    unlink("/values");
}

static void once(void)
{
    munmap(fill(3), PAGES * PAGE_SIZE);
    with_child(0);
    through_a_file();
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t frames[2][FRAME_CLASSES];

    once(); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    for (uint64_t i = 0; i < ROUNDS; i++)
        once();
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        frames[0][class] = before.frames[class];
        frames[1][class] = after.frames[class];
    }
    checkpoint(1, frames, sizeof frames);
}

int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";

    if (strcmp(mode, "memory") == 0) {
        fill(1);
        checkpoint(1, &facts, sizeof facts);
    } else if (strcmp(mode, "fork") == 0) {
        with_child(1);
    } else if (strcmp(mode, "file") == 0) {
        through_a_file();
        facts.pages = (uint64_t)block;
        facts.count = sizeof block / 8;
        checkpoint(1, &facts, sizeof facts);
    } else if (strcmp(mode, "ledger") == 0) {
        ledger_mode();
    } else if (strcmp(mode, "counts") == 0) {
        checkpoint(1, &facts, sizeof facts);
        once();
        checkpoint(2, &facts, sizeof facts);
    } else {
        die("machine", "there is no such mode");
    }
    return 0;
}
