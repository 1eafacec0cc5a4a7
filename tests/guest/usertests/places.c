/*
 * The product: every pointer of every system call × every state that the memory behind it can be
 * in. Where a program could load or store itself, the call works; elsewhere it is EFAULT.
 */
#include "calls.h"
#include "mapping.h"

#define FRESH_PAGES 32ul /* of each kind: a call may change what its page is */

enum access { NO_ACCESS, LOADS, STORES };

struct place {
    const char *name;
    enum access allows;
    char *(*page)(unsigned long n); /* a page in that state; bytes at its end are used */
};

static char *absent, *zeros, *copied, *unread, *unread_shared, *constant, *none, *island;

static char *absent_page(unsigned long n)
{
    return absent + n * PAGE_BYTES;
}

static char *zero_page(unsigned long n)
{
    sink = zeros[n * PAGE_BYTES];
    return zeros + n * PAGE_BYTES;
}

static char *copied_page(unsigned long n)
{
    return copied + n * PAGE_BYTES;
}

static char *unread_page(unsigned long n)
{
    return unread + n * PAGE_BYTES;
}

static char *unread_shared_page(unsigned long n)
{
    return unread_shared + n * PAGE_BYTES;
}

static char *constant_page(unsigned long n)
{
    return constant + n * PAGE_BYTES;
}

static char *none_page(unsigned long n)
{
    return none + n * PAGE_BYTES;
}

/* Page after page below the one that the stack may reach. */
static char *guard_page(unsigned long n)
{
    char here;

    return (char *)(((unsigned long)&here & -PAGE_BYTES) - STACK_BYTES - (1 + n % 8) * PAGE_BYTES);
}

/* Nothing is mapped before it and behind it. */
static char *last_bytes(unsigned long n)
{
    (void)n;
    return island;
}

static char *behind_last_byte(unsigned long n)
{
    (void)n;
    return island + 1;
}

static char *gap_page(unsigned long n)
{
    (void)n;
    return island + PAGE_BYTES;
}

static const struct place places[] = {
    {"a page that is absent", STORES, absent_page},
    {"the zero page", STORES, zero_page},
    {"a page under copy-on-write", STORES, copied_page},
    {"a page of a file not read yet", STORES, unread_page},
    {"the same, shared", STORES, unread_shared_page},
    {"a page that is read-only", LOADS, constant_page},
    {"PROT_NONE", NO_ACCESS, none_page},
    {"the stack's guard", NO_ACCESS, guard_page},
    {"the last bytes of a mapping", STORES, last_bytes},
    {"one byte more than a mapping has", NO_ACCESS, behind_last_byte},
    {"no mapping", NO_ACCESS, gap_page},
};
#define PLACES (int)(sizeof(places) / sizeof(places[0]))

static void make_zero_file(const char *path)
{
    int fd = open(path, O_CREATE | O_RDWR);

    expect(fd >= 0);
    memset(block, 0, sizeof(block));
    for (unsigned long at = 0; at < FRESH_PAGES * PAGE_BYTES; at += 16 * PAGE_BYTES)
        expect_equal(write(fd, block, 16 * PAGE_BYTES), 16 * PAGE_BYTES);
    expect(close(fd) == 0);
}

/* A mapping of a file that is not in memory, and whose pages come one by one. */
static char *map_unread(const char *path, int flags)
{
    char *start = map_file(path, FRESH_PAGES, RW, flags);

    expect_equal(madvise(start, FRESH_PAGES * PAGE_BYTES, MADV_RANDOM), 0);
    return start;
}

static void wait_for_word(long fd)
{
    listen((int)fd);
}

/* The child that shares the pages stays until a byte comes. */
static int prepare_places(int word)
{
    make_zero_file("private");
    make_zero_file("shared");
    drop_caches();
    absent = map(FRESH_PAGES, RW, MAP_PRIVATE);
    zeros = map(FRESH_PAGES, RW, MAP_PRIVATE);
    copied = map(FRESH_PAGES, RW, MAP_PRIVATE);
    unread = map_unread("private", MAP_PRIVATE);
    unread_shared = map_unread("shared", MAP_SHARED);
    constant = map(FRESH_PAGES, RW, MAP_PRIVATE);
    none = map(FRESH_PAGES, RW, MAP_PRIVATE);
    island = map(3, RW, MAP_PRIVATE) + PAGE_BYTES;
    for (unsigned long i = 0; i < FRESH_PAGES; i++)
        copied[i * PAGE_BYTES] = constant[i * PAGE_BYTES] = none[i * PAGE_BYTES] = 1;
    protect(constant, FRESH_PAGES, PROT_READ);
    protect(none, FRESH_PAGES, PROT_NONE);
    unmap(island - PAGE_BYTES, 1);
    unmap(island + PAGE_BYTES, 1);
    return spawn(wait_for_word, word);
}

static bool is_written(enum argument argument)
{
    return argument == OUTPUT || argument == STATUS;
}

static void try_state(const struct call_row *row, int which, const struct place *place,
                      unsigned long n)
{
    unsigned long bytes = pointer_bytes(row, which);
    char *at = place->page(n) + PAGE_BYTES - bytes;
    enum argument argument = row->arguments[which];
    bool allowed = place->allows >= (is_written(argument) ? STORES : LOADS);
    long result = call_with(row, which, (unsigned long)at);
    bool right = allowed ? result != -EFAULT : result == -EFAULT;
    bool straddles = place->page == behind_last_byte;

    if (result == -ENOSYS)
        return;
    if (row->number == SYS_futex_wait)
        right = right || result == -EINVAL; /* not aligned */
    if (allowed && is_written(argument))
        right = result >= 0;
    if (straddles)
        right = right || moved_what_is_there(row, result, (long)bytes - 1);
    if (!right)
        fail("%s, argument %d: %s: %ld\n", row->name, which, place->name, result);
    if (row->number == SYS_pipe && result == 0) {
        int ends[2];

        memmove(ends, at, sizeof(ends));
        expect(close(ends[0]) == 0 && close(ends[1]) == 0);
    }
}

static void pointers_to_every_state(void)
{
    unsigned long n = 0;
    int ends[2], holder;

    expect(pipe(ends) == 0);
    prepare();
    holder = prepare_places(ends[0]);
    for (const struct call_row *row = calls; row->name; row++)
        for (int which = 0; which < ARGUMENTS; which++) {
            if (!is_pointer(row->arguments[which]))
                continue;
            for (int i = 0; i < PLACES; i++)
                try_state(row, which, &places[i], n);
            memset(island, 0, PAGE_BYTES);
            expect(++n < FRESH_PAGES);
        }
    expect(n >= 16);
    tell(ends[1]);
    join(holder);
}

const struct test place_tests[] = {
    {"pointers_to_every_state", pointers_to_every_state, QUICK},
    {NULL, NULL, QUICK},
};
