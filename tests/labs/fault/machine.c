/*
 * machine MODE: what the machine's tests of the lab `fault` look at (machine.py).
 *
 * lazy     pages of the program, and of memory, of which some are read, some written, some neither
 * kinds    pages of files, private and shared, of fork, and of a space that has to swap
 * stack    the stack grows, by a page, by many, to its limit; and not below its pointer
 * kill     children that do what must end them; each that lives comes to a checkpoint
 * copies   calls that read and write where nothing was touched yet, or must not
 * ledger   frames by class, before and after many faults
 * counts   between checkpoints, faults of each kind, and copies
 *
 * Facts: where the pages lie, what was done with each, and how much went wrong.
 */
#include <stdbool.h>

#include "checkpoint.h"

#define REGIONS 4
#define REGION_PAGES 60u
#define WORDS (PAGE_SIZE / 8)
#define ROUND(n) ((uint64_t)(n) << 40)
#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

/* What is done with a page; in this order, if several. */
enum { LOADED = 1, STORED = 2, LATER = 4 };

static struct facts {
    uint64_t region[REGIONS], pages[REGIONS]; /* addresses */
    uint64_t wrong;                           /* calls or children that did not as they must */
    uint64_t value;
    uint64_t done[REGIONS][REGION_PAGES];
} facts;

static uint64_t dice(uint64_t limit)
{
    static uint64_t thrown;

    return drawn(ROUND(1000) + thrown++) % limit;
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
    return map_file(pages, prot, PRIVATE, -1, 0);
}

static void region_begins(int region, const void *memory, uint64_t pages)
{
    facts.region[region] = (uint64_t)memory;
    facts.pages[region] = pages;
}

static volatile uint64_t *words(int region, uint64_t page)
{
    return (volatile uint64_t *)(facts.region[region] + page * PAGE_SIZE);
}

/* A store writes number `page` of the round into a word that is drawn too, and known by that. */
static void touch(int region, uint64_t page, uint64_t round, uint64_t what)
{
    if (what & LOADED)
        facts.value += words(region, page)[5];
    if (what & STORED)
        words(region, page)[7] = drawn(ROUND(round) + page);
    facts.done[region][page] |= what;
}

static void touch_some(int region, uint64_t round, uint64_t times)
{
    for (uint64_t i = 0; i < times; i++)
        touch(region, dice(facts.pages[region]), round, 1 + dice(3));
}

static void see(unsigned long number)
{
    checkpoint(number, &facts, sizeof facts);
}

/* ---- lazy ---- */

/* Functions that lie each on a page of its own; behind the highest one something else may lie. */
#define CODE(n)                                                                             \
    static int __attribute__((noinline, aligned(PAGE_SIZE), section(".text.pages"))) code_##n( \
        int x)                                                                              \
    {                                                                                       \
        return x * (n + 3);                                                                 \
    }
CODE(0) CODE(1) CODE(2) CODE(3) CODE(4) CODE(5) CODE(6) CODE(7) CODE(8)
#define CODES 9u
static int (*const codes[CODES])(int) = {code_0, code_1, code_2, code_3, code_4,
                                         code_5, code_6, code_7, code_8};

static uint64_t bss[REGION_PAGES][WORDS] __attribute__((aligned(PAGE_SIZE)));

static void call_some(void)
{
    uint64_t lowest = UINT64_MAX;

    for (uint64_t i = 0; i < CODES; i++)
        lowest = (uint64_t)codes[i] < lowest ? (uint64_t)codes[i] : lowest;
    region_begins(3, (const void *)lowest, CODES - 1);
    for (uint64_t i = 0; i + 1 < CODES; i += 2) {
        uint64_t n = i + dice(2), page = ((uint64_t)codes[n] - lowest) / PAGE_SIZE; /* of two one */

        facts.value += (uint64_t)codes[n](3);
        if (page < CODES)
            facts.done[3][page] = LOADED;
        else
            facts.wrong++;
    }
}

static void lazy_mode(void)
{
    int status = 1, child;

    region_begins(0, bss, REGION_PAGES);
    region_begins(1, map(REGION_PAGES, RW), REGION_PAGES);
    region_begins(2, map(REGION_PAGES, PROT_READ | PROT_EXEC), REGION_PAGES);
    touch_some(0, 1, 24);
    touch_some(1, 2, 24);
    for (int i = 0; i < 12; i++)
        touch(2, dice(REGION_PAGES), 0, LOADED);
    call_some();
    see(1);
    child = fork();
    if (child == 0) { /* stores where the parent has loaded, or stored, or neither */
        for (uint64_t page = 0; page < REGION_PAGES; page += 2)
            touch(1, page, 3, STORED);
        see(2);
        exit(0);
    }
    facts.wrong += child < 0 || wait(&status) != child || status != 0;
    touch_some(1, 2, 24);
    see(3);
}

/* ---- kinds ---- */

#define FILE_PAGES 40u
#define QUOTA 16

static int make_file(void)
{
    static uint64_t page[WORDS];
    int fd = open("numbers", O_CREATE | O_RDWR);

    for (uint64_t i = 0; i < FILE_PAGES; i++) {
        page[0] = drawn(ROUND(10) + i);
        page[WORDS - 1] = drawn(ROUND(11) + i);
        if (fd < 0 || write_full(fd, page, PAGE_SIZE) < 0)
            die("machine", "numbers");
    }
    return fd;
}

/* More pages than the quota allows; each is written, and all are read again, often. */
static void swap_some(void)
{
    if (memlimit(QUOTA, -1) < 0)
        die("machine", "memlimit");
    for (uint64_t page = 0; page < REGION_PAGES; page++)
        touch(2, page, 4, STORED);
    for (int i = 0; i < 150; i++) {
        uint64_t page = dice(REGION_PAGES);

        if (dice(2)) {
            facts.wrong += words(2, page)[7] != drawn(ROUND(4) + page);
        } else {
            words(2, page)[9] = drawn(ROUND(5) + page);
            facts.done[2][page] |= LATER;
        }
    }
    memlimit(0, -1);
    for (uint64_t page = 0; page < REGION_PAGES; page++)
        touch(2, page, 4, LOADED);
}

static void kinds_mode(void)
{
    int fd = make_file();

    region_begins(0, map_file(FILE_PAGES, RW, MAP_PRIVATE, fd, 0), FILE_PAGES);
    region_begins(1, map_file(FILE_PAGES, RW, MAP_SHARED, fd, 0), FILE_PAGES);
    region_begins(2, map(REGION_PAGES, RW), REGION_PAGES);
    close(fd);
    for (int i = 0; i < 20; i++) {
        touch_some(0, 1, 2);
        touch_some(1, 2, 1);
    }
    see(1);
    swap_some();
    see(2);
}

/* ---- the stack ---- */

#define STACK_END ((1ul << 38) - (1ul << 20))
#define STACK_LIMIT (STACK_END - 256ul * 1024)

/* A store at `address` while the stack pointer is sp. Inline, and nothing else is on the stack. */
static inline void store_with_sp(uint64_t sp, uint64_t address, uint64_t value)
{
    __asm__ volatile("mv t0, sp\n\tmv sp, %0\n\tsd %2, 0(%1)\n\tmv sp, t0"
                     :: "r"(sp), "r"(address), "r"(value) : "t0", "memory");
}

static inline uint64_t load_with_sp(uint64_t sp, uint64_t address)
{
    uint64_t value;

    __asm__ volatile("mv t0, sp\n\tmv sp, %1\n\tld %0, 0(%2)\n\tmv sp, t0"
                     : "=&r"(value) : "r"(sp), "r"(address) : "t0", "memory");
    return value;
}

/* The child must be killed; or, if it lives, end well. */
static void end_of(int child, bool lives)
{
    int status = 0;

    facts.wrong += child < 0 || wait(&status) != child || status != (lives ? 0 : WAIT_KILLED);
}

static void may_not(uint64_t sp, uint64_t address, bool store)
{
    int child = fork();

    if (child == 0) {
        if (store)
            store_with_sp(sp, address, 1);
        else
            facts.value += load_with_sp(sp, address);
        facts.value = address;
        see(99);
        exit(0);
    }
    end_of(child, false);
}

/* Region 0 is the whole room of the stack; page 0 is the lowest to which it may grow. */
static void stack_store(uint64_t page)
{
    uint64_t sp = STACK_LIMIT + page * PAGE_SIZE;

    store_with_sp(sp, sp + 7 * 8, drawn(ROUND(1) + page));
    facts.done[0][page] = STORED;
}

static void stack_mode(void)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0), far = STACK_LIMIT + 2 * PAGE_SIZE;
    uint64_t page = 40 + dice(10);

    region_begins(0, (void *)STACK_LIMIT, REGION_PAGES); /* the upper pages are in use */
    stack_store(page);
    stack_store(page - 1);
    stack_store(page - 5 - dice(10));
    see(1);
    may_not(here, far, true);
    may_not(here, far, false);
    may_not(far + 8, far, true); /* a word below the pointer */
    may_not(far + PAGE_SIZE, far, false);
    may_not(here, STACK_LIMIT + (page - 2) * PAGE_SIZE, true); /* within the stack's area */
    may_not(STACK_LIMIT - 8, STACK_LIMIT - 8, true);           /* in the guard */
    may_not(STACK_LIMIT - 16 * PAGE_SIZE, STACK_LIMIT - 16 * PAGE_SIZE, false);
    may_not(STACK_LIMIT - 17 * PAGE_SIZE, STACK_LIMIT - 17 * PAGE_SIZE, true);
    see(2);
    stack_store(1 + dice(3));
    facts.value += load_with_sp(STACK_LIMIT, STACK_LIMIT); /* a load may grow it, too */
    facts.done[0][0] = LOADED;
    see(3);
}

/* ---- what kills ---- */

static const uint64_t constant[4] = {1, 2, 3, 4};

static void child_may_not(uint64_t address, enum wait_cause expected)
{
    int status = 0, cause = 0, child = fork();

    if (child == 0) {
        if (expected == CAUSE_FETCH)
            ((void (*)(void))address)();
        else if (expected == CAUSE_STORE)
            *(volatile uint64_t *)address = 1;
        else
            facts.value += *(volatile uint64_t *)address;
        facts.value = address;
        see(99);
        exit(0);
    }
    facts.wrong += child < 0 || wait_info(&status, &cause) != child || status != WAIT_KILLED ||
                   cause != (int)expected;
}

static void kill_mode(void)
{
    int fd = make_file();
    char *lone = map(3, RW), *none = map(3, RW), *readable = map(3, PROT_READ);
    char *file = map_file(FILE_PAGES + 4, RW, MAP_PRIVATE, fd, 0);

    region_begins(0, lone, 3);
    region_begins(1, none, 3);
    region_begins(2, readable, 3);
    region_begins(3, file + FILE_PAGES * PAGE_SIZE, 4);
    munmap(lone, PAGE_SIZE);
    touch(0, 2, 1, STORED);
    touch(1, 0, 1, STORED);
    touch(1, 1, 1, LOADED);
    mprotect(none, 3 * PAGE_SIZE, PROT_NONE);
    touch(2, 0, 0, LOADED);
    for (int i = 0; i < 3; i++) {
        child_may_not(facts.region[1] + (uint64_t)i * PAGE_SIZE, CAUSE_LOAD);
        child_may_not(facts.region[1] + (uint64_t)i * PAGE_SIZE + 8, CAUSE_STORE);
    }
    child_may_not((uint64_t)lone, CAUSE_LOAD);
    child_may_not((uint64_t)lone + 80, CAUSE_STORE);
    child_may_not((uint64_t)lone, CAUSE_FETCH);
    child_may_not((uint64_t)lone + 2 * PAGE_SIZE, CAUSE_FETCH); /* there, and no code */
    child_may_not((uint64_t)readable, CAUSE_STORE);
    child_may_not((uint64_t)readable + 2 * PAGE_SIZE, CAUSE_STORE);
    child_may_not((uint64_t)constant, CAUSE_STORE);
    child_may_not((uint64_t)codes[0], CAUSE_STORE);
    child_may_not((uint64_t)bss, CAUSE_FETCH);
    child_may_not(8, CAUSE_LOAD);
    child_may_not(1ul << 37, CAUSE_STORE);
    child_may_not(-1ul << 38, CAUSE_LOAD); /* the kernel's */
    child_may_not(facts.region[3], CAUSE_NO_PAGE);
    child_may_not(facts.region[3] + 3 * PAGE_SIZE, CAUSE_NO_PAGE);
    see(1);
}

/* ---- calls ---- */

/* Reads from the file's begin; so many bytes must come. */
static void read_to(int fd, uint64_t address, size_t bytes, ssize_t expected)
{
    lseek(fd, 0, SEEK_SET);
    facts.wrong += read(fd, (void *)address, bytes) != expected;
}

static void copies_mode(void)
{
    int fd = make_file(), out, child;
    char *readable = map(4, PROT_READ);
    uint64_t hole;

    region_begins(0, map(12, RW), 12);
    region_begins(1, map(4, RW), 4);
    region_begins(2, readable, 4);
    read_to(fd, facts.region[0] + 16, 3 * PAGE_SIZE, 3 * PAGE_SIZE); /* pages 0 to 3 */
    for (uint64_t page = 5; page < 8; page++)
        touch(0, page, 1, LOADED);
    read_to(fd, facts.region[0] + 5 * PAGE_SIZE, 2 * PAGE_SIZE, 2 * PAGE_SIZE);
    touch(0, 8, 1, STORED);
    child = fork();
    if (child == 0) /* its own page 8 becomes another one */
        read_to(fd, facts.region[0] + 8 * PAGE_SIZE, 4096, 4096);
    if (child == 0)
        exit(words(0, 8)[0] != drawn(ROUND(10)) || facts.wrong);
    end_of(child, true);
    out = open("copy", O_CREATE | O_RDWR); /* from pages that nobody has touched */
    facts.wrong += write(out, (void *)facts.region[1], 3 * PAGE_SIZE) != 3 * PAGE_SIZE;
    touch(2, 0, 0, LOADED);
    read_to(fd, facts.region[2], 100, -1);
    read_to(fd, facts.region[2] + 2 * PAGE_SIZE, 100, -1);
    read_to(fd, (uint64_t)codes[0], 100, -1);
    hole = (uint64_t)map(1, RW);
    munmap((void *)hole, PAGE_SIZE);
    read_to(fd, hole, 100, -1);
    facts.wrong += write(out, (void *)hole, 100) != -1;
    read_to(fd, STACK_LIMIT + 40 * PAGE_SIZE, 100, -1); /* below the stack's pointer */
    see(1);
}

/* ---- the ledger ---- */

static void much(void)
{
    char *memory = map(REGION_PAGES, RW);

    region_begins(0, memory, REGION_PAGES);
    touch_some(0, 1, 60);
    for (int i = 0; i < 3; i++) {
        int child = fork();

        if (child == 0) {
            touch_some(0, 2, 60);
            stack_store(3 + dice(20));
            exit(0);
        }
        end_of(child, true);
        may_not(STACK_LIMIT - 8, STACK_LIMIT - 8, true);
    }
    munmap(memory, REGION_PAGES * PAGE_SIZE);
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t told[2][FRAME_CLASSES + 1];

    much(); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    for (int round = 0; round < 12; round++)
        much();
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        told[0][class] = before.frames[class];
        told[1][class] = after.frames[class];
    }
    told[0][FRAME_CLASSES] = before.commit;
    told[1][FRAME_CLASSES] = after.commit + facts.wrong;
    checkpoint(1, told, sizeof told);
}

/* ---- counts ---- */

#define MANY 700u

static void counts_mode(void)
{
    int fd = make_file();

    region_begins(0, map(MANY, RW), MANY);
    region_begins(1, map(MANY, RW), MANY);
    see(1);
    for (uint64_t i = 0; i < MANY; i++)
        facts.value += *words(0, i);
    for (uint64_t i = 0; i < MANY; i++)
        *words(0, i) = 1;
    for (uint64_t i = 0; i < MANY; i++)
        *words(1, i) = 1;
    for (uint64_t i = 0; i < MANY - 2; i++)
        read_to(fd, facts.region[1] + i * PAGE_SIZE + 8 * dice(250), 2000, 2000);
    see(2);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {{"lazy", lazy_mode}, {"kinds", kinds_mode}, {"stack", stack_mode},
             {"kill", kill_mode}, {"copies", copies_mode}, {"ledger", ledger_mode},
             {"counts", counts_mode}};

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
