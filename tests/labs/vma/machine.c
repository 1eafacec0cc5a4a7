/*
 * machine MODE: what the machine's tests of the lab `vma` look at (machine.py).
 *
 * gaps     regions come and go, in whole and in part; then more come. Page P of a round has the
 *          value number P of that round, P being its address in pages
 * holes    one region, parts of which go or are protected, before most of it was touched
 * file     the same with two mappings of a file, and with the program's own data
 * promise  all memory is promised; then areas are made that can be merged again, by hundreds
 * ledger   frames by class, before and after much was mapped, split, refused and unmapped
 * counts   between two checkpoints, searches in a space of many areas
 *
 * Facts: the steps that were done, and what the comment there says.
 */
#include <stdbool.h>

#include "checkpoint.h"

enum kind { MAP, UNMAP, PROTECT };

#define STEPS 200
#define REGIONS 4
#define ROUND(n) ((uint64_t)(n) << 40)
#define RW (PROT_READ | PROT_WRITE)

static struct facts {
    uint64_t region[REGIONS], pages[REGIONS]; /* where they began, before anything went */
    uint64_t result;              /* how many calls have failed that must not, or the reverse */
    uint64_t steps;
    struct step {
        uint64_t kind, start, pages, prot;
        int64_t result;
    } step[STEPS];
} facts;

/* In the image, before anything of it is touched: the file's pages, and zeros behind the file. */
#define DATA_PAGES 12
#define WORDS (PAGE_SIZE / 8)
static uint64_t data[DATA_PAGES][WORDS] __attribute__((aligned(PAGE_SIZE))) = {
    {0xda7a00}, {0xda7a01}, {0xda7a02}, {0xda7a03}, {0xda7a04}, {0xda7a05},
    {0xda7a06}, {0xda7a07}, {0xda7a08}, {0xda7a09}, {0xda7a0a}, {0xda7a0b}};
static uint64_t zeros[DATA_PAGES][WORDS] __attribute__((aligned(PAGE_SIZE)));

static uint64_t dice(uint64_t limit)
{
    static uint64_t thrown;

    return drawn(ROUND(1000) + thrown++) % limit;
}

static void *address_of(uint64_t page)
{
    return (void *)(page * PAGE_SIZE);
}

static uint64_t page_of(const void *address)
{
    return (uint64_t)address / PAGE_SIZE;
}

static struct step *note(enum kind kind, uint64_t start, uint64_t pages, uint64_t prot, long result)
{
    struct step *step = &facts.step[facts.steps++];

    if (facts.steps > STEPS)
        die("machine", "too many steps");
    *step = (struct step){kind, start, pages, prot, result};
    return step;
}

static char *map_file(size_t pages, int prot, int flags, int fd, off_t offset)
{
    char *memory = mmap(NULL, pages * PAGE_SIZE, prot, flags, fd, offset);

    if (memory == MAP_FAILED)
        die("machine", "mmap");
    return memory;
}

static char *map(size_t pages, int prot)
{
    return map_file(pages, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* ---- gaps ---- */

static void map_and_fill(uint64_t pages, uint64_t round)
{
    uint64_t start = page_of(map(pages, dice(3) ? RW : RW | PROT_EXEC));

    note(MAP, start, pages, round, 0);
    for (uint64_t page = start; page < start + pages; page++)
        *(uint64_t *)address_of(page) = drawn(ROUND(round) + page);
}

/* A part of a region that step i has mapped, or all of it. */
static void unmap_some_of(uint64_t i)
{
    uint64_t first = dice(facts.step[i].pages), left = facts.step[i].pages - first;
    uint64_t pages = 1 + dice(left), start = facts.step[i].start + first;

    note(UNMAP, start, pages, 0, munmap(address_of(start), pages * PAGE_SIZE));
}

static void gaps_mode(void)
{
    uint64_t many = 45;

    for (uint64_t i = 0; i < many; i++)
        map_and_fill(1 + dice(6), 1);
    for (int i = 0; i < 35; i++)
        unmap_some_of(dice(many));
    checkpoint(1, &facts, sizeof facts);
    for (int i = 0; i < 40; i++)
        map_and_fill(1 + dice(7), 2);
    checkpoint(2, &facts, sizeof facts);
}

/* ---- holes and protections ---- */

#define REGION_PAGES 96u
#define PAGES_MOST 160u

enum { HOLE = 100 };
static int now[REGIONS][PAGES_MOST]; /* PROT_... bits of each page, or HOLE */

static void region_begins(int region, char *memory, uint64_t pages)
{
    facts.region[region] = page_of(memory);
    facts.pages[region] = pages;
    for (uint64_t i = 0; i < pages; i++)
        now[region][i] = RW;
}

/* Some pages of the region go, or are protected; or mprotect() is refused because of a hole. */
static void change(int region, enum kind kind, uint64_t first, uint64_t pages, int prot)
{
    uint64_t start = facts.region[region] + first;
    bool has_hole = false;
    long result;

    if (kind == UNMAP)
        result = munmap(address_of(start), pages * PAGE_SIZE);
    else
        result = mprotect(address_of(start), pages * PAGE_SIZE, prot);
    note(kind, start, pages, (uint64_t)prot, result);
    for (uint64_t i = first; i < first + pages; i++)
        has_hole |= now[region][i] == HOLE;
    for (uint64_t i = first; i < first + pages; i++)
        if (kind == UNMAP || !has_hole)
            now[region][i] = kind == UNMAP ? HOLE : prot;
}

static void change_some(int region, uint64_t times)
{
    static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ, RW};

    for (uint64_t i = 0; i < times; i++) {
        uint64_t pages = 1 + dice(7), first = dice(facts.pages[region] - pages);

        change(region, dice(4) == 0 ? UNMAP : PROTECT, first, 1 + dice(pages), prots[dice(4)]);
    }
}

static uint64_t *words(int region, uint64_t i)
{
    return address_of(facts.region[region] + i);
}

/* Reads what may be read, and writes number i of the round into a word of what may be written. */
static void touch(int region, uint64_t round, int word)
{
    for (uint64_t i = 0; i < facts.pages[region]; i++) {
        if (now[region][i] == RW)
            words(region, i)[word] = drawn(ROUND(round) + i);
        else if (now[region][i] == PROT_READ)
            *(volatile uint64_t *)words(region, i);
    }
}

/* A child that does what must end it. If it lives, it says so by a checkpoint that none awaits. */
static void must_end(int region, uint64_t i, bool store)
{
    int status = 0, child = fork();

    if (child == 0) {
        if (store)
            words(region, i)[7] = 1;
        else
            *(volatile uint64_t *)words(region, i);
        checkpoint(99, &facts, sizeof facts);
        exit(0);
    }
    facts.result += (uint64_t)(child < 0 || wait(&status) != child || status != WAIT_KILLED);
}

static void holes_mode(void)
{
    region_begins(0, map(REGION_PAGES, RW), REGION_PAGES);
    for (uint64_t i = 0; i < REGION_PAGES; i += 2)
        words(0, i)[0] = drawn(ROUND(1) + i);
    change(0, UNMAP, 40, 3, 0); /* of each kind there is one at least */
    change(0, PROTECT, 50, 5, PROT_READ);
    change(0, PROTECT, 60, 4, PROT_NONE);
    change_some(0, 24);
    touch(0, 2, 1);
    checkpoint(1, &facts, sizeof facts);
    for (uint64_t i = 0; i < REGION_PAGES; i += 3)
        if (now[0][i] != RW)
            must_end(0, i, now[0][i] == PROT_READ || i % 2);
    for (uint64_t i = 0; i < REGION_PAGES; i++)
        if (now[0][i] != HOLE)
            change(0, PROTECT, i, 1, RW);
    touch(0, 3, 2);
    checkpoint(2, &facts, sizeof facts);
}

/* ---- a file ---- */

#define FILE_PAGES 30u

static int make_file(void)
{
    static uint64_t page[WORDS];
    int fd = open("numbers", O_CREATE | O_RDWR);

    for (uint64_t i = 0; i < FILE_PAGES; i++) {
        page[0] = drawn(ROUND(1) + i);
        page[WORDS - 1] = drawn(ROUND(2) + i);
        if (fd < 0 || write_full(fd, page, PAGE_SIZE) < 0)
            die("machine", "numbers");
    }
    return fd;
}

static void file_mode(void)
{
    int fd = make_file();

    region_begins(0, map_file(24, RW, MAP_PRIVATE, fd, 4 * PAGE_SIZE), 24);
    region_begins(1, map_file(FILE_PAGES, RW, MAP_SHARED, fd, 0), FILE_PAGES);
    region_begins(2, (char *)data, DATA_PAGES);
    region_begins(3, (char *)zeros, DATA_PAGES);
    close(fd);
    change_some(0, 12);
    change_some(1, 12);
    for (int region = 2; region < 4; region++) {
        change(region, PROTECT, 2 + dice(3), 1, PROT_READ);
        change(region, PROTECT, 7 + dice(3), 2, PROT_READ);
    }
    for (int region = 0; region < 4; region++)
        touch(region, 3 + (uint64_t)region, 4 + region);
    checkpoint(1, &facts, sizeof facts);
}

/* ---- all memory is promised ---- */

#define ROOM 5u
#define CYCLE_PAGES 150u

/* Promises memory to the last page; nothing of it is touched. Returns the lowest page. */
static char *promise_all(void)
{
    char *lowest = NULL;

    for (size_t pages = 1u << 14; pages > 0; pages /= 2) {
        char *memory;

        while ((memory = mmap(NULL, pages * PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) !=
               MAP_FAILED)
            lowest = !lowest || memory < lowest ? memory : lowest;
    }
    if (!lowest)
        die("machine", "no memory");
    return lowest;
}

/* Each page of the region loses a permission, and has it again: all is one area afterwards. */
static void protect_in_turn(int region)
{
    for (uint64_t i = 0; i < facts.pages[region]; i++) {
        facts.result += (uint64_t)(mprotect(words(region, i), PAGE_SIZE, PROT_NONE) < 0);
        facts.result += (uint64_t)(mprotect(words(region, i), PAGE_SIZE, PROT_READ) < 0);
    }
}

static void promise_mode(void)
{
    int fd = open("hole", O_CREATE | O_RDWR);
    char *lowest, *page;

    if (fd < 0 || ftruncate(fd, CYCLE_PAGES * PAGE_SIZE) < 0)
        die("machine", "hole");
    region_begins(0, map(CYCLE_PAGES, PROT_READ), CYCLE_PAGES);
    region_begins(1, map_file(CYCLE_PAGES, PROT_READ, MAP_PRIVATE, fd, 0), CYCLE_PAGES);
    map(1, RW | PROT_EXEC); /* like none of the others */
    lowest = promise_all();
    munmap(lowest, ROOM * PAGE_SIZE);
    protect_in_turn(0);
    protect_in_turn(1);
    for (uint64_t i = 0; i < CYCLE_PAGES; i++) {
        page = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        facts.result += (uint64_t)(page == MAP_FAILED);
        if (i == CYCLE_PAGES - 1)
            region_begins(2, page, CYCLE_PAGES);
    }
    for (int region = 0; region < 3; region++)
        for (uint64_t i = 0; i < CYCLE_PAGES && facts.result == 0; i++)
            *(volatile uint64_t *)words(region, i);
    checkpoint(1, &facts, sizeof facts);
}

/* ---- the ledger ---- */

/* Maps much, touches some, splits it in many ways, and takes it away. */
static void much(void)
{
    int fd = make_file();

    facts.steps = 0;
    region_begins(0, map(REGION_PAGES, RW), REGION_PAGES);
    region_begins(1, map_file(FILE_PAGES, RW, MAP_PRIVATE, fd, 0), FILE_PAGES);
    close(fd);
    change_some(0, 40);
    change_some(1, 40);
    touch(0, 1, 1);
    touch(1, 1, 1);
    for (int region = 0; region < 2; region++)
        munmap(words(region, 0), facts.pages[region] * PAGE_SIZE);
    unlink("numbers");
}

/* With nothing left to promise, areas are split until that is refused; all of it goes then. */
static void split_until_refused(void)
{
    char *lowest, *memory = map(100, PROT_READ), *at = memory;

    lowest = promise_all();
    while (at < memory + 100 * PAGE_SIZE && munmap(at + PAGE_SIZE, PAGE_SIZE) == 0)
        at += 2 * PAGE_SIZE;
    facts.result += at == memory + 100 * PAGE_SIZE; /* none was refused */
    for (int i = 0; i < 50; i++) /* nor does it help to go on */
        facts.result += (uint64_t)(munmap(at + PAGE_SIZE, PAGE_SIZE) == 0);
    *(volatile char *)(at + PAGE_SIZE); /* it is still there */
    munmap(lowest, (size_t)(memory - lowest) + 100 * PAGE_SIZE);
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t told[2][FRAME_CLASSES + 1];

    much(); /* what is made once, and stays */
    split_until_refused();
    vmstat(0, &before, VMSTAT_DROP);
    for (int round = 0; round < 25; round++)
        much();
    for (int round = 0; round < 10; round++)
        split_until_refused();
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        told[0][class] = before.frames[class];
        told[1][class] = after.frames[class];
    }
    told[0][FRAME_CLASSES] = before.commit;
    told[1][FRAME_CLASSES] = after.commit + facts.result;
    checkpoint(1, told, sizeof told);
}

/* ---- counts ---- */

#define MANY_PAGES 3000u
#define TIMES 300

static void counts_mode(void)
{
    region_begins(0, map(1, PROT_EXEC), 1); /* nothing below is like it */
    facts.region[0] = page_of(map(MANY_PAGES, RW));
    map(1, PROT_EXEC);
    for (uint64_t i = 1; i < MANY_PAGES; i += 2)
        munmap(words(0, i), PAGE_SIZE);
    checkpoint(1, &facts, sizeof facts);
    for (int i = 0; i < TIMES; i++) {
        char *memory = map(2, RW); /* below all the holes of one page */

        words(0, 2 * dice(MANY_PAGES / 2))[0] = 1;
        words(0, 2 * dice(MANY_PAGES / 2))[0] = 1;
        facts.result += (uint64_t)(mprotect(words(0, 2 * dice(MANY_PAGES / 2)), PAGE_SIZE,
                                            i % 2 ? RW : RW | PROT_EXEC) < 0);
        munmap(memory, 2 * PAGE_SIZE);
    }
    checkpoint(2, &facts, sizeof facts);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {{"gaps", gaps_mode}, {"holes", holes_mode}, {"file", file_mode},
             {"promise", promise_mode}, {"ledger", ledger_mode}, {"counts", counts_mode}};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (argc == 2 && strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            return 0;
        }
    }
    die("machine", "there is no such mode");
}
