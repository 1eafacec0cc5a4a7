/*
 * areas [COUNT]: what a fault, mmap and munmap of one page, and the search for a gap cost, with 10
 * areas and with COUNT (100,000) of them, one page each, alternately PROT_READ and PROT_NONE. The
 * status is 1 where a cost is more than 3 times as high. Counted in instructions, so for
 * -icount shift=0 only.
 */
#include "instructions.h"
#include "user.h"

#define FEW 10
#define MANY 100000
#define RATIO_MAX 3
#define ROUNDS 200
#define TABLE_BYTES (2ul << 20) /* what one page table maps */

enum operation { FAULT, UNMAP, MAP, GAP, OPERATIONS };

static const char *const names[OPERATIONS] = {"fault", "unmap", "map", "gap"};

static void check(int is_good, const char *what)
{
    if (!is_good)
        die("areas", what);
}

static char *map_page(char *address, int prot, int flags)
{
    char *page = mmap(address, PAGE_SIZE, prot, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    check(page != MAP_FAILED, "mmap");
    return page;
}

/* count areas, one page each, at the end of a range; no two neighbours are alike. */
static char *make_areas(int count)
{
    size_t bytes = (size_t)count * PAGE_SIZE;
    char *start = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    check(start != MAP_FAILED, "mmap");
    for (size_t at = PAGE_SIZE; at < bytes; at += 2 * PAGE_SIZE)
        check(mprotect(start + at, PAGE_SIZE, PROT_NONE) == 0, "mprotect");
    for (size_t at = 0; at < bytes; at += TABLE_BYTES) /* the tables are there before it counts */
        (void)*(volatile char *)(start + at);
    (void)*(volatile char *)(start + (bytes - 1) / (2 * PAGE_SIZE) * (2 * PAGE_SIZE));
    return start;
}

/* Each operation on readable pages all over the range: what was there is there again. */
static void measure(char *start, int count, uint64_t cost[OPERATIONS])
{
    unsigned char present;
    uint32_t x = 1;

    memset(cost, 0, OPERATIONS * sizeof(*cost));
    for (int i = 0; i < ROUNDS; i++) {
        char *page;
        uint64_t at[OPERATIONS + 2];

        x = x * 1664525 + 1013904223;
        page = start + (size_t)((x >> 8) % (uint32_t)(count / 2)) * 2 * PAGE_SIZE;
        check(madvise(page, PAGE_SIZE, MADV_DONTNEED) == 0, "madvise");
        check(mincore(start, PAGE_SIZE, &present) == 0, "mincore"); /* the kernel looks elsewhere */
        at[0] = instructions();
        (void)*(volatile char *)page;
        at[1] = instructions();
        check(munmap(page, PAGE_SIZE) == 0, "munmap");
        at[2] = instructions();
        map_page(page, PROT_READ, MAP_FIXED);
        at[3] = instructions();
        page = map_page(NULL, PROT_READ | PROT_WRITE, 0); /* below all of them */
        at[4] = instructions();
        check(munmap(page, PAGE_SIZE) == 0, "munmap");
        for (int operation = 0; operation < OPERATIONS; operation++)
            cost[operation] += at[operation + 1] - at[operation];
    }
}

int main(int argc, char *argv[])
{
    static uint64_t few[OPERATIONS], many[OPERATIONS];
    int count = argc > 1 ? (int)number_or_die("areas", argv[1], FEW, INT_MAX) : MANY;
    int status = 0;
    char *start = make_areas(FEW);

    measure(start, FEW, few); /* thrown away */
    measure(start, FEW, few);
    check(munmap(start, FEW * PAGE_SIZE) == 0, "munmap");
    start = make_areas(count);
    measure(start, count, many);
    for (int operation = 0; operation < OPERATIONS; operation++) {
        printf("areas %s: %lu instructions with %d areas, %lu with %d\n", names[operation],
               few[operation] / ROUNDS, FEW, many[operation] / ROUNDS, count);
        if (many[operation] > RATIO_MAX * few[operation])
            status = 1;
    }
    printf("areas: %s\n", status ? "grows too much" : "ok");
    return status;
}
