/*
 * reftrace [-s STEP] STRING POLICY FRAMES [SEED]: replays a reference string under a quota and
 * tells how many faults that cost. STRING: see strings.c, or a path with a / in it: a file with
 * numbers of pages; POLICY: a name, or a number.
 *
 *     refault STRING POLICY F=n faults=n refaults=n opt=- lru=- [seed=n]
 *     reftrace: pid n pages 0xADDRESS reads=n writes=n victims=n
 *
 * faults are all that the string met, refaults those that count for it: from the access on by which
 * the pages have been brought in. (Where pages are touched first after that, they are among them.)
 * What is best possible, and exact LRU, is filled in on the host: tests/model/model fill.
 *
 * -s: after so many accesses each, and after the last, it waits for a line of standard input.
 *
 * The program's own data and stack are locked, and so outside the quota: it is the string's alone.
 */
#include "policy.h"
#include "user.h"

#include "strings.h"

static struct vm_stats stats;
static uint32_t step;       /* accesses from one pause to the next; 0: none */
extern char etext[], end[]; /* user.ld */

/*
 * Data, constants, the end of the text (a page that the file does not fill is the program's own),
 * and the stack from a page below this function's frame up to the arguments.
 */
static void lock_own_pages(char *const *argv)
{
    volatile char room[PAGE_SIZE]; /* below sp nothing of the stack can be locked */
    uint64_t stack = (uint64_t)room & -PAGE_SIZE;
    uint64_t top = ((uint64_t)argv[0] | (PAGE_SIZE - 1)) + 1;
    uint64_t data = (uint64_t)etext & -PAGE_SIZE;

    room[0] = 0;
    if (mlock((void *)data, (uint64_t)end - data) < 0 || mlock((void *)stack, top - stack) < 0)
        die("reftrace", "mlock");
}

static void read_stats(void)
{
    if (vmstat(getpid(), &stats, 0) < 0)
        die("reftrace", "vmstat");
}

static uint64_t faults(void)
{
    read_stats();
    return stats.fault_zero + stats.fault_swap;
}

/* So that the trace can be read from outside, whose ring holds the latest events only. */
static void wait_for_line(const struct string *string)
{
    char line[8];

    printf("reftrace: %u of %u accesses; a line goes on\n", string->at, string->length);
    gets(line, sizeof(line));
}

/* Accesses up to number `last`: stores of eight bytes. */
static void replay(struct string *string, char *pages, uint32_t last)
{
    while (string->at < last) {
        uint32_t at = string->at;

        *(volatile uint64_t *)(pages + (uint64_t)string_next(string) * PAGE_SIZE) = at;
        if (step && (string->at % step == 0 || string->at == string->length))
            wait_for_line(string);
    }
}

static void run(struct string *string, long frames, int policy, char *const *words)
{
    uint64_t before, middle, after;
    char *pages = mmap(NULL, (uint64_t)string->pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        die("reftrace", "mmap");
    if (memlimit((int)frames, policy) < 0)
        die("reftrace", "memlimit");
    before = faults();
    replay(string, pages, string->counted);
    middle = faults();
    replay(string, pages, string->length);
    after = faults();
    printf("refault %s %s F=%ld faults=%ld refaults=%ld opt=- lru=-%s%s\n", words[0], words[1],
           frames, (long)(after - before), (long)(after - middle), words[3] ? " seed=" : "",
           words[3] ? words[3] : "");
    printf("reftrace: pid %d pages %p reads=%lld writes=%lld victims=%lld\n", getpid(),
           (void *)pages, stats.pgin, stats.pgout, stats.evict_clean + stats.evict_dirty);
}

/* What maps the file is no memory of ours, and so outside the quota. */
static void from_file(struct string *string, const char *path)
{
    struct stat status;
    char *text;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &status) < 0)
        die("reftrace", path);
    text = mmap(NULL, status.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        die("reftrace", path);
    if (string_listed(string, text, text + status.size) < 0) {
        fprintf(STDERR, "reftrace: %s: there are numbers of pages in it, and nothing else\n", path);
        exit(2);
    }
}

static int usage(void)
{
    fprintf(STDERR, "usage: reftrace [-s STEP] STRING POLICY FRAMES [SEED]\n");
    return 2;
}

int main(int argc, char *argv[])
{
    struct string string;
    long frames;
    char **words = argv + 1;
    uint64_t seed;
    long policy = -1;

    if (argc > 2 && strcmp(argv[1], "-s") == 0) {
        step = (uint32_t)number_or_die("reftrace", argv[2], 1, INT_MAX);
        words += 2;
        argc -= 2;
    }
    if (argc < 4 || argc > 5 || find_policy(words[1], &policy) < 0)
        return usage();
    frames = number_or_die("reftrace", words[2], 1, INT_MAX);
    seed = argc == 5 ? (uint64_t)number_or_die("reftrace", words[3], -LONG_MAX, LONG_MAX) : 0;
    if (strchr(words[0], '/')) {
        from_file(&string, words[0]);
    } else if (string_start(&string, words[0], (uint32_t)frames, argc == 5 ? &seed : NULL) < 0) {
        fprintf(STDERR, "reftrace: there is no string %s\n", words[0]);
        return 2;
    }
    lock_own_pages(argv);
    run(&string, frames, (int)policy, words);
    return 0;
}
