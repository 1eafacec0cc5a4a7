/*
 * machine MODE: what the machine's tests of the lab `buddy` look at (machine.py).
 *
 * apart    as many pages as most of memory, each with two values of its own
 * again    the same, after all of it was given back and taken again, ROUNDS times; and blocks of
 *          several frames, so often that memory would be gone if they did not come back
 * merge    memory was full of single pages, and is free again: a quota needs four frames in a row
 * ledger   frames by class, before and after much was taken and given back
 * counts   between two checkpoints, blocks of several frames are taken and given back
 *
 * Facts: the address of the pages, how many they are, the round; or what the comment there says.
 */
#include "checkpoint.h"

#define PAGES 2000ul
#define ROUNDS 12ul
#define QUOTA 1900
#define MORE 2400ul
#define TIMES 100
#define OFTEN 1200 /* times 4 frames: more than there are */

static struct facts {
    uint64_t pages, count, round;
    uint64_t result;
} facts;

static char *map(size_t pages)
{
    char *memory = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        die("machine", "mmap");
    return memory;
}

/* Page i has the values number 2i and 2i + 1 of the round, in its first and its last word. */
static char *fill(size_t pages, uint64_t round)
{
    char *memory = map(pages);

    for (uint64_t i = 0; i < pages; i++) {
        uint64_t *word = (uint64_t *)(memory + i * PAGE_SIZE);

        word[0] = drawn(round << 32 | 2 * i);
        word[PAGE_SIZE / 8 - 1] = drawn(round << 32 | (2 * i + 1));
    }
    facts.pages = (uint64_t)memory;
    facts.count = pages;
    facts.round = round;
    return memory;
}

static void rounds(uint64_t count)
{
    for (uint64_t round = 1; round <= count; round++)
        munmap(fill(PAGES, round), PAGES * PAGE_SIZE);
}

/* Every second page goes first, so that no two neighbours become free one after the other. */
static void unmap_in_pieces(char *memory, size_t pages)
{
    for (size_t first = 0; first < 2; first++)
        for (size_t i = first; i < pages; i += 2)
            munmap(memory + i * PAGE_SIZE, PAGE_SIZE);
}

static void merge_mode(void)
{
    unmap_in_pieces(fill(MORE, 1), MORE);
    facts.result = (uint64_t)memlimit(QUOTA, -1);
    fill(MORE, 2);
    checkpoint(1, &facts, sizeof facts);
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t frames[2][FRAME_CLASSES];

    rounds(1); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    rounds(ROUNDS);
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        frames[0][class] = before.frames[class];
        frames[1][class] = after.frames[class];
    }
    checkpoint(1, frames, sizeof frames);
}

/* A quota takes a block of four frames, and gives it back. */
static void take_blocks(int times)
{
    for (int i = 0; i < times; i++) {
        facts.result += (uint64_t)(memlimit(QUOTA, -1) < 0);
        facts.result += (uint64_t)(memlimit(0, -1) < 0);
    }
}

static void counts_mode(void)
{
    checkpoint(1, &facts, sizeof facts);
    take_blocks(TIMES);
    checkpoint(2, &facts, sizeof facts);
}

int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";

    if (strcmp(mode, "apart") == 0 || strcmp(mode, "again") == 0) {
        if (strcmp(mode, "again") == 0) {
            rounds(ROUNDS);
            take_blocks(OFTEN);
        }
        fill(PAGES, ROUNDS + 1);
        checkpoint(1, &facts, sizeof facts);
    } else if (strcmp(mode, "merge") == 0) {
        merge_mode();
    } else if (strcmp(mode, "ledger") == 0) {
        ledger_mode();
    } else if (strcmp(mode, "counts") == 0) {
        counts_mode();
    } else {
        die("machine", "there is no such mode");
    }
    return 0;
}
