/*
 * machine MODE: what the machine's tests of the lab `swap` look at (machine.py).
 *
 * back     many pages under a small quota: most go out; then each is looked at, in another order,
 *          and then stored into
 * fork     pages that are out have two owners, one of whom changes some, and ends
 * clean    pages are read again and again, then all are changed
 * rounds   a small disk, on which memory goes out and is unmapped, many times over
 * idle     a disk nearly full of pages that are in memory again, and a child that needs slots
 * broken   children look at pages, one each, of which some cannot be read any more
 * ahead    pages that are out are read in order, with no quota any more
 * ledger   frames by class, and what is charged, before and after all of this
 * counts   pages go out and come back between two checkpoints
 *
 * Page i of area A has the values drawn(A, 3 i), (A, 3 i + 1) and (A, 3 i + 2) in its first,
 * middle and last word. An answer is written into its second word: what the program has read there;
 * or something is stored there without a look. A digest is of all pages.
 */
#include "checkpoint.h"

#define WORDS (PAGE_SIZE / 8)
#define MIDDLE (WORDS / 2)
#define STEP 701ul /* prime: visits all pages in another order */

static struct facts {
    uint64_t pages, count, area; /* of the last area that was filled */
    uint64_t digest;
    uint64_t first_pages, first_count; /* of the one before that */
} facts;

static uint64_t *page_of(char *memory, uint64_t i)
{
    return (uint64_t *)(memory + i * PAGE_SIZE);
}

static uint64_t value(uint64_t area, uint64_t n)
{
    return drawn(area << 32 | n);
}

static void quota(int frames)
{
    if (memlimit(frames, -1) < 0)
        die("machine", "memlimit");
}

static char *fill(uint64_t area, size_t pages, int more_flags)
{
    char *memory = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);

    if (memory == MAP_FAILED)
        die("machine", "mmap");
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t *word = page_of(memory, i);

        word[0] = value(area, 3 * i);
        word[MIDDLE] = value(area, 3 * i + 1);
        word[WORDS - 1] = value(area, 3 * i + 2);
    }
    facts.first_pages = facts.pages;
    facts.first_count = facts.count;
    facts.pages = (uint64_t)memory;
    facts.count = pages;
    facts.area = area;
    return memory;
}

/* Into every step-th page from `from` on, in another order: what was found there, and the key. */
static void answer(char *memory, size_t pages, uint64_t key, uint64_t from, uint64_t step)
{
    for (uint64_t n = 0; n < pages; n++) {
        uint64_t i = n * STEP % pages, *word = page_of(memory, i);

        if (i % step == from)
            word[1] = word[0] ^ word[MIDDLE] ^ word[WORDS - 1] ^ value(key, i);
    }
}

/* Into each page, in the same order, without a look at what is there. */
static void store(char *memory, size_t pages, uint64_t key)
{
    for (uint64_t n = 0; n < pages; n++) {
        uint64_t i = n * STEP % pages;

        *(volatile uint64_t *)(page_of(memory, i) + 1) = value(key, i);
    }
}

static void digest(const char *memory, size_t pages)
{
    facts.digest = 0;
    for (uint64_t i = 0; i < pages; i++) {
        const uint64_t *word = page_of((char *)memory, i);

        facts.digest = (facts.digest ^ word[0] ^ word[1] ^ word[MIDDLE] ^ word[WORDS - 1]) *
                       0x9e3779b97f4a7c15ul;
    }
}

static void stop(unsigned long number)
{
    checkpoint(number, &facts, sizeof facts);
}

static int child(void)
{
    int pid = fork();

    if (pid < 0)
        die("machine", "fork");
    return pid == 0;
}

static void child_ends(void)
{
    int status;

    if (wait(&status) < 0 || status != 0)
        die("machine", "a child");
}

static void back_mode(void)
{
    char *memory;

    quota(300);
    memory = fill(1, 1500, 0);
    stop(1);
    answer(memory, 1500, 9, 0, 1);
    stop(2);
    store(memory, 1500, 10);
    stop(3);
}

static void fork_mode(void)
{
    char *memory;

    quota(300);
    memory = fill(1, 1000, 0);
    if (child())
        exit(0);
    child_ends();
    if (child()) {
        answer(memory, 1000, 8, 0, 2);
        stop(1);
        exit(0);
    }
    child_ends();
    fill(2, 700, 0); /* in slots that were wrongly freed, if there are such */
    answer(memory, 1000, 9, 1, 2);
    stop(2);
}

static void clean_mode(void)
{
    char *memory;

    quota(200);
    memory = fill(1, 800, 0);
    for (int round = 0; round < 2; round++)
        digest(memory, 800);
    stop(1);
    for (int round = 0; round < 2; round++)
        digest(memory, 800);
    stop(2);
    answer(memory, 800, 9, 0, 1);
    stop(3);
    digest(memory, 800);
    stop(4);
}

static void rounds_mode(void)
{
    quota(200);
    for (uint64_t round = 1; round <= 12; round++) {
        char *memory = fill(round, 1000, 0);

        if (child())
            exit(0);
        child_ends();
        digest(memory, 100);
        store(memory, 300, 9);
        munmap(memory, 1000 * PAGE_SIZE);
    }
    fill(13, 1000, 0);
    stop(1);
}

/* Of a disk with 1024 slots, `pages` are idle then. */
static char *idle(size_t pages)
{
    char *memory;

    quota(64);
    memory = fill(1, pages + 64, 0);
    quota(0);
    digest(memory, pages + 64);
    return memory;
}

static void need_slots(char *unmapped, size_t size, size_t pages)
{
    munmap(unmapped, size * PAGE_SIZE);
    quota(64);
    fill(2, pages + 64, 0);
}

/* look: a stop in the child, whose pages have the slots, and one in the parent afterwards. */
static void take_idle_slots(void (*look)(unsigned long number))
{
    char *memory = idle(900);

    if (child()) {
        need_slots(memory, 964, 800);
        if (look)
            look(1);
        exit(0);
    }
    child_ends();
    if (look) {
        digest(memory, 964);
        look(2);
    }
    munmap(memory, 964 * PAGE_SIZE);
}

static void idle_mode(void)
{
    take_idle_slots(stop);
}

static int looks_right(const char *memory, uint64_t i)
{
    const uint64_t *word = page_of((char *)memory, i);

    return word[0] == value(1, 3 * i) && word[MIDDLE] == value(1, 3 * i + 1) &&
           word[WORDS - 1] == value(1, 3 * i + 2);
}

/* Facts: of each child the page, and how it ended: 0 well, 1 with other values, 2 killed. */
static void broken_mode(void)
{
    static uint64_t ends[40][2];
    char *memory;

    quota(100);
    memory = fill(1, 600, 0);
    quota(0);
    stop(1); /* some slots become unreadable now */
    for (uint64_t n = 0; n < 40; n++) {
        uint64_t i = value(5, n) % 600;
        int status;

        if (child())
            exit(looks_right(memory, i) ? 0 : 1);
        wait(&status);
        ends[n][0] = i;
        ends[n][1] = status == WAIT_KILLED ? 2 : (uint64_t)status;
    }
    checkpoint(2, ends, sizeof ends);
}

static void ahead_mode(void)
{
    char *memory;

    quota(100);
    memory = fill(1, 1000, 0);
    quota(0);
    stop(1);
    digest(memory, 1000);
    stop(2);
}

static uint64_t charged(void)
{
    static struct vm_stats stats;

    vmstat(0, &stats, 0);
    return stats.commit;
}

/*
 * Some of everything. Memory that is not reserved is charged page by page: more[1] is how much is
 * charged for it in the end, more[0] for memory that is reserved.
 */
static void all_kinds(uint64_t more[2])
{
    for (int kind = 0; kind < 2; kind++) {
        int more_flags = kind == 0 ? 0 : MAP_NORESERVE;
        uint64_t before = charged();
        char *memory;

        quota(100);
        memory = fill(1, 600, more_flags);
        digest(memory, 600);
        if (child()) {
            answer(memory, 600, 8, 0, 3);
            exit(0);
        }
        child_ends();
        answer(memory, 600, 9, 1, 3);
        store(memory, 600, 10);
        quota(0);
        digest(memory, 600);
        more[kind] = charged() - before;
        munmap(memory, 600 * PAGE_SIZE);
    }
    take_idle_slots(NULL);
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t words[2][FRAME_CLASSES + 2], more[2];

    all_kinds(more); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    for (int round = 0; round < 3; round++)
        all_kinds(more);
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        words[0][class] = before.frames[class];
        words[1][class] = after.frames[class];
    }
    words[0][FRAME_CLASSES] = before.commit;
    words[1][FRAME_CLASSES] = after.commit;
    words[0][FRAME_CLASSES + 1] = before.commit_limit;
    words[1][FRAME_CLASSES + 1] = after.commit_limit;
    checkpoint(1, words, sizeof words);
    checkpoint(2, more, sizeof more);
}

static void counts_mode(void)
{
    char *memory;

    quota(100);
    memory = fill(1, 500, 0);
    stop(1);
    answer(memory, 500, 9, 0, 1);
    digest(memory, 500);
    munmap(memory, 500 * PAGE_SIZE);
    take_idle_slots(NULL);
    stop(2);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"back", back_mode}, {"fork", fork_mode},   {"clean", clean_mode},   {"rounds", rounds_mode},
    {"idle", idle_mode}, {"ahead", ahead_mode}, {"ledger", ledger_mode}, {"counts", counts_mode},
    {"broken", broken_mode},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            return 0;
        }
    die("machine", "there is no such mode");
}
