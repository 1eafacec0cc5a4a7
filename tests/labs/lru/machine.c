/*
 * machine MODE: what the machine's tests of the lab `lru` look at (machine.py).
 *
 * circle   a drawn pattern under a quota with the policy `clock`, which stops now and then
 * own      three patterns, one after the other, under a quota with the student's own policy
 * hot      pages that are used all the time, and a stream of others, with the own policy
 * short    more pages than there is memory, with no quota: it is for the system's policy
 * ledger   frames by class, and what is charged, before and after quotas of both policies
 * turns    the pattern of `circle`, between two checkpoints
 * stream   a stream of pages, each new, and some that are used all the time, with the own policy
 *
 * Access number n of a pattern stores values n and n + HALF into the first and the last word of its
 * page. The program's own data and stack are locked, and so outside a quota: it is the pattern's.
 */
#include "checkpoint.h"

#define WORDS (PAGE_SIZE / 8)
#define HALF (1ul << 32)
#define PATTERN (1ul << 33) /* drawn(PATTERN + n): which page access number n is for */
#define CIRCLE 40
#define PAGES 120ul
#define STOPS 5
#define ACCESSES 300ul /* between two stops */
#define OWN 64
#define OWN_PAGES 216ul
#define HOT 16ul

static struct facts {
    uint64_t pages, count;
    uint64_t accesses; /* so far */
} facts;
static char *memory;
extern char etext[], end[]; /* user.ld */

static void lock_own_pages(char *const *argv)
{
    volatile char room[PAGE_SIZE]; /* below sp nothing of the stack can be locked */
    uint64_t stack = (uint64_t)room & -PAGE_SIZE;
    uint64_t top = ((uint64_t)argv[0] | (PAGE_SIZE - 1)) + 1;
    uint64_t data = (uint64_t)etext & -PAGE_SIZE;

    room[0] = 0;
    if (mlock((void *)data, (uint64_t)end - data) < 0 || mlock((void *)stack, top - stack) < 0 ||
        mlock((void *)((uint64_t)&nonce & -PAGE_SIZE), PAGE_SIZE) < 0)
        die("machine", "mlock");
}

static void map(uint64_t pages)
{
    memory = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                  -1, 0);
    if (memory == MAP_FAILED)
        die("machine", "mmap");
    facts.pages = (uint64_t)memory;
    facts.count = pages;
    facts.accesses = 0;
}

static void unmap(void)
{
    munmap(memory, facts.count * PAGE_SIZE);
}

static void quota(int frames, int policy)
{
    if (memlimit(frames, policy) < 0)
        die("machine", "memlimit");
}

static void stop(unsigned long number)
{
    checkpoint(number, &facts, sizeof facts);
}

static void access_page(uint64_t page)
{
    uint64_t *word = (uint64_t *)(memory + page * PAGE_SIZE), n = facts.accesses++;

    word[0] = drawn(n);
    word[WORDS - 1] = drawn(n + HALF);
}

/* Three of four accesses go to 24 pages, which lie apart. */
static void circle_step(void)
{
    uint64_t word = drawn(PATTERN + facts.accesses);
    uint64_t place = (word >> 8) % (word % 4 != 0 ? 24 : PAGES);

    access_page((place * 77 + drawn(PATTERN) % PAGES) % PAGES);
}

static void circle_mode(void)
{
    map(PAGES);
    quota(CIRCLE, POLICY_CLOCK);
    for (int number = 1; number <= STOPS; number++) {
        for (uint64_t n = 0; n < ACCESSES; n++)
            circle_step();
        stop((unsigned long)number);
    }
}

/* Half to 32 pages, half round and round; then a loop, a bit too long; then four fifths to 32. */
static void own_step(void)
{
    static uint64_t scanned;
    uint64_t n = facts.accesses, word = drawn(PATTERN + n), page;

    if (n < 2400)
        page = word % 2 ? (word >> 8) % 32 : 32 + scanned++ % (OWN_PAGES - 32);
    else if (n < 3800)
        page = 100 + n % (OWN + 6);
    else
        page = word % 5 ? 180 + (word >> 8) % 32 : (word >> 8) % OWN_PAGES;
    access_page((page + drawn(PATTERN)) % OWN_PAGES);
}

static void own_mode(void)
{
    map(OWN_PAGES);
    quota(OWN, POLICY_ADAPTIVE);
    for (unsigned long number = 1; number <= 6; number++) {
        for (uint64_t n = 0; n < 900; n++)
            own_step();
        stop(number);
    }
}

static void use_hot(void)
{
    for (uint64_t page = 0; page < HOT; page++)
        access_page(page);
}

static void stream(uint64_t first, uint64_t last)
{
    for (uint64_t page = first; page < last; page++) {
        access_page(page);
        use_hot();
    }
}

static void hot_mode(void)
{
    map(1000);
    quota(OWN, POLICY_ADAPTIVE);
    use_hot();
    stream(HOT, 300);
    stop(1);
    stream(300, 600);
    stop(2);
    stream(600, 1000);
    stop(3);
}

static void short_mode(void)
{
    map(4500);
    for (uint64_t page = HOT; page < facts.count; page++) {
        access_page(page);
        if (page % 16 == 0)
            use_hot();
    }
    stop(1);
    for (uint64_t n = 0; n < facts.count; n++) {
        access_page(n * 701 % facts.count);
        if (n % 16 == 0)
            use_hot();
    }
    stop(2);
}

static void child(void (*run)(void))
{
    int status, pid = fork();

    if (pid == 0) {
        run();
        exit(0);
    }
    if (pid < 0 || wait(&status) < 0 || status != 0)
        die("machine", "a child");
}

static void shared_pages(void) /* by a child, whose quota is its own, and empty at first */
{
    for (uint64_t page = 0; page < 200; page += 2)
        access_page(page);
    unmap();
}

static void quotas(int policy)
{
    map(200);
    quota(50, policy);
    stream(HOT, 200);
    child(shared_pages);
    quota(20, -1);
    stream(HOT, 60);
    quota(0, -1);
    stream(HOT, 100);
    quota(30, policy);
    unmap();
    quota(0, -1);
}

static void ledger_mode(void)
{
    static struct vm_stats stats[2];
    static uint64_t words[2][FRAME_CLASSES + 1];

    quotas(POLICY_CLOCK); /* what is made once, and stays */
    quotas(POLICY_ADAPTIVE);
    vmstat(0, &stats[0], VMSTAT_DROP);
    for (int round = 0; round < 6; round++)
        quotas(round % 2 ? POLICY_CLOCK : POLICY_ADAPTIVE);
    vmstat(0, &stats[1], VMSTAT_DROP);
    for (int i = 0; i < 2; i++) {
        for (int class = 0; class < FRAME_CLASSES; class++)
            words[i][class] = stats[i].frames[class];
        words[i][FRAME_CLASSES] = stats[i].commit;
    }
    checkpoint(1, words, sizeof words);
}

static void turns_mode(void)
{
    map(PAGES);
    quota(CIRCLE, POLICY_CLOCK);
    stop(1);
    for (uint64_t n = 0; n < 2000; n++)
        circle_step();
    stop(2);
}

static void stream_mode(void)
{
    map(1000);
    quota(OWN, POLICY_ADAPTIVE);
    use_hot();
    stop(1);
    stream(HOT, 1000);
    stop(2);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"circle", circle_mode}, {"own", own_mode},     {"hot", hot_mode},       {"short", short_mode},
    {"ledger", ledger_mode}, {"turns", turns_mode}, {"stream", stream_mode},
};

int main(int argc, char **argv)
{
    lock_own_pages(argv);
    for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            return 0;
        }
    die("machine", "there is no such mode");
}
