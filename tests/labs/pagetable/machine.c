/*
 * machine MODE: what the machine's tests of the lab `pagetable` look at (machine.py).
 *
 * sv39, sv48, sv57   pages at addresses far apart and close together, each with values of its own
 * wide     a large area with few pages in it: read-only, inherited by a child, unmapped in part
 * ledger   frames by class, and what is charged, before and after much was mapped and unmapped
 * counts   between checkpoints, areas with large gaps are changed, and pages far apart are touched
 *
 * Facts: see struct area; in mode wide, struct wide; or what the comment there says.
 */
#include "checkpoint.h"

#include <stdbool.h>

#define PAGE ((uint64_t)PAGE_SIZE)
#define SPAN(level) (PAGE << 9 * (level)) /* of an entry of that level */
#define HALF(levels) (SPAN(levels) / 2)
#define AREAS 40
#define READ_ONLY 6                       /* the last of them are only read */
#define TRIES 20

/* Pages in a row. Page i of all has the values number 2i and 2i + 1, in its first and last word. */
struct area {
    uint64_t va, pages, is_written;
};
static struct area area[AREAS];
static int areas;
static uint64_t pages, draws;

static uint64_t draw(uint64_t limit)
{
    return drawn(1ul << 32 | draws++) % limit;
}

static void write_page(char *page, uint64_t i)
{
    uint64_t *word = (uint64_t *)page;

    word[0] = drawn(2 * i);
    word[PAGE_SIZE / 8 - 1] = drawn(2 * i + 1);
}

/* Maps the pages, where nothing is yet, and writes them, or only reads them. */
static bool take(uint64_t va, uint64_t count, bool is_written)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    void *wanted = (void *)va;

    if (areas == AREAS || mmap(wanted, count * PAGE, is_written ? PROT_READ | PROT_WRITE :
                                                     PROT_READ, flags, -1, 0) != wanted)
        return false;
    area[areas++] = (struct area){va, count, is_written};
    for (uint64_t i = 0; i < count; i++, pages++) {
        char *page = (char *)(va + i * PAGE);

        if (is_written)
            write_page(page, pages);
        else if (*(volatile char *)page != 0)
            die("machine", "a page that nobody wrote is not zero");
    }
    return true;
}

/* An address of ours: behind the program, and not where others are. */
static uint64_t some_va(int levels)
{
    uint64_t low = draw(HALF(3) / SPAN(2) - 2), number = draw(SPAN(2) / PAGE);
    uint64_t high = levels > 3 && draw(2) ? draw(HALF(levels) / HALF(3) - 1) + 1 : 0;

    return high * HALF(3) + (low + 1) * SPAN(2) + number * PAGE;
}

/* At both sides of a border of each level, at the end, and anywhere. */
static void take_all(int levels)
{
    for (int level = 1; level < levels; level++) {
        bool done = false;

        for (int i = 0; i < TRIES && !done; i++) {
            uint64_t border = some_va(levels) / SPAN(level) * SPAN(level);

            done = border != 0 && border % SPAN(level + 1) != 0 && take(border - PAGE, 2, true);
        }
        if (!done)
            die("machine", "no place at a border");
    }
    take(levels == 3 ? HALF(3) - SPAN(2) - PAGE : HALF(levels) - (1ul << 20) - PAGE, 1, true);
    while (areas < AREAS) {
        uint64_t va = some_va(levels);

        if (areas > 4 && draw(2)) /* close to another one */
            va = area[draw((uint64_t)areas)].va ^ SPAN(draw(2)) << draw(9);
        take(va, 1 + draw(3), areas < AREAS - READ_ONLY);
    }
}

static void sparse_mode(int levels)
{
    take_all(levels);
    checkpoint(1, area, sizeof area);
}

/* ---- a large area ---- */

#define WIDE_BYTES (3 * SPAN(2))
#define WIDE_PAGES 60

static struct wide {
    uint64_t hole_start, hole_end, va[WIDE_PAGES];
} wide;

static char *map_wide(uint64_t va, uint64_t bytes)
{
    char *memory = mmap((void *)va, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        die("machine", "mmap of a large area");
    return memory;
}

static void fill_wide(void)
{
    uint64_t start = 5 * SPAN(3) - WIDE_BYTES / 2;

    map_wide(start, WIDE_BYTES);
    for (uint64_t i = 0; i < WIDE_PAGES; i++) {
        uint64_t va = start + draw(WIDE_BYTES / PAGE) * PAGE;

        if (i % 3 == 1)
            va = wide.va[i - 1] ^ PAGE << draw(9);
        wide.va[i] = va;
        for (uint64_t j = 0; j < i; j++)
            if (wide.va[j] == va)
                wide.va[i] = 0; /* it is there: this one is left out */
        if (wide.va[i])
            write_page((char *)va, i);
    }
    wide.hole_start = start + WIDE_BYTES / 4 + draw(1000) * PAGE;
    wide.hole_end = wide.hole_start + WIDE_BYTES / 2;
}

static void wide_mode(void)
{
    int status;

    fill_wide();
    checkpoint(1, &wide, sizeof wide);
    if (mprotect((void *)(5 * SPAN(3) - WIDE_BYTES / 2), WIDE_BYTES, PROT_READ) < 0)
        die("machine", "mprotect");
    checkpoint(2, &wide, sizeof wide);
    if (fork() == 0) {
        checkpoint(3, &wide, sizeof wide);
        exit(0);
    }
    if (wait(&status) < 0 || status != 0)
        die("machine", "the child");
    if (munmap((void *)wide.hole_start, wide.hole_end - wide.hole_start) < 0)
        die("machine", "munmap");
    checkpoint(4, &wide, sizeof wide);
}

/* ---- what is lost, and what it costs ---- */

static void give_all(void)
{
    for (int i = 0; i < areas; i++)
        if (munmap((void *)area[i].va, area[i].pages * PAGE) < 0)
            die("machine", "munmap");
    areas = 0;
}

static void a_round(void)
{
    take_all(5);
    if (fork() == 0)
        exit(0);
    wait(NULL);
    give_all();
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t facts[2][FRAME_CLASSES + 1];

    a_round(); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    for (int i = 0; i < 10; i++)
        a_round();
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        facts[0][class] = before.frames[class];
        facts[1][class] = after.frames[class];
    }
    facts[0][FRAME_CLASSES] = before.commit;
    facts[1][FRAME_CLASSES] = after.commit;
    checkpoint(1, facts, sizeof facts);
}

#define GAPS 200
#define TOUCHES 300
#define NEAR (16 * SPAN(1))

/* The area reaches so far beyond both ends of a gap of 4 GiB; there are its only pages. */
static void change_gaps(void)
{
    uint64_t start = 9 * SPAN(3) - NEAR, bytes = 4 * SPAN(2) + 2 * NEAR;

    map_wide(start, bytes);
    write_page((char *)start, 0);
    write_page((char *)(start + bytes - PAGE), 1);
    checkpoint(1, NULL, 0);
    for (int i = 0; i < GAPS; i++)
        mprotect((void *)start, bytes, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ);
    checkpoint(2, NULL, 0);
    munmap((void *)start, bytes);
}

/* Two leaf tables by turns. */
static void touch_by_turns(void)
{
    uint64_t start = 9 * SPAN(3);

    map_wide(start, 2 * SPAN(2));
    checkpoint(3, NULL, 0);
    for (uint64_t i = 0; i < TOUCHES; i++)
        *(volatile char *)(start + i % 2 * SPAN(2) + i * PAGE) = 1;
    checkpoint(4, NULL, 0);
}

int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";

    if (strcmp(mode, "sv39") == 0)
        sparse_mode(3);
    else if (strcmp(mode, "sv48") == 0)
        sparse_mode(4);
    else if (strcmp(mode, "sv57") == 0)
        sparse_mode(5);
    else if (strcmp(mode, "wide") == 0)
        wide_mode();
    else if (strcmp(mode, "ledger") == 0)
        ledger_mode();
    else if (strcmp(mode, "counts") == 0)
        change_gaps(), touch_by_turns();
    else
        die("machine", "there is no such mode");
    return 0;
}
