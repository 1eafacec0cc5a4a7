/*
 * pattern [PAGES]: memory with a known content, for the host to find from outside (tests/reader).
 * Each word of the written pages has its own address as its value. A child shares them. The program
 * says where everything is and what vmstat tells, and waits until the host changes the first word:
 * then all the others must be as they were.
 */
#include "user.h"

#define PAGES_DEFAULT 40ul
#define WORDS (PAGE_SIZE / sizeof(uint64_t))

static char *map(unsigned long pages)
{
    char *at = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                    -1, 0);

    if (at == MAP_FAILED)
        die("pattern", "mmap");
    return at;
}

static void fill(uint64_t *words, unsigned long pages)
{
    for (unsigned long i = 0; i < pages * WORDS; i++)
        words[i] = (uint64_t)&words[i];
}

/* The words that do not have their address. */
static unsigned long damage(const uint64_t *words, unsigned long pages)
{
    unsigned long wrong = 0;

    for (unsigned long i = 0; i < pages * WORDS; i++)
        wrong += words[i] != (uint64_t)&words[i];
    return wrong;
}

/* A child that does nothing. It has its own stack page when it waits. */
static int waiting_child(void)
{
    int child = fork();

    if (child < 0)
        die("pattern", "fork");
    while (child == 0)
        pause(TICKS_PER_SECOND);
    pause(TICKS_PER_SECOND / 2);
    return child;
}

static void print_ledger(void)
{
    static struct vm_stats stats;

    vmstat(0, &stats, 0);
    printf("pattern: frames");
    vmstat(0, &stats, 0);
    for (int class = 0; class < FRAME_CLASSES; class++)
        printf(" %llu", stats.frames[class]);
    printf("\n");
}

int main(int argc, char *argv[])
{
    unsigned long pages = argc > 1 ? (unsigned long)number_or_die("pattern", argv[1], 1, INT_MAX)
                                   : PAGES_DEFAULT;
    char *words = map(pages), *zero = map(3), *none = zero + PAGE_SIZE, *absent = none + PAGE_SIZE;
    volatile uint64_t *first = (uint64_t *)words;
    int child;

    fill((uint64_t *)words, pages);
    fill((uint64_t *)none, 1);
    if (*(volatile char *)zero != 0 || mprotect(none, PAGE_SIZE, PROT_NONE) < 0)
        die("pattern", "mprotect");
    child = waiting_child();
    printf("pattern: pid %d child %d words %p pages %lu zero %p none %p absent %p\n", getpid(),
           child, words, pages, zero, none, absent);
    print_ledger();
    printf("pattern: waiting\n");
    while (*first == (uint64_t)first)
        pause(1);
    printf("pattern: found 0x%lx\n", *first);
    kill(child);
    wait(NULL);
    return damage((uint64_t *)words, pages) == 1 ? 0 : 1;
}
