/*
 * What the programs of the book share. Each is made of small experiments, chosen by name:
 * `see_faults read`. An experiment prints what it did and what the kernel counted meanwhile.
 */
#include "kernel/types.h"
#include "kernel/fcntl.h"
#include "kernel/abi/vm_stats.h"
#include "user/user.h"

#define PAGE 4096l

/* How much a counter, or a class of frames, has grown from one reading to the next. */
#define GREW(member) ((int)(after.member - before.member))

static struct vm_stats before, after; /* of the whole machine */

struct experiment {
    const char *name;
    void (*carry_out)(void);
};

static inline void must(int holds, const char *what)
{
    if (holds)
        return;
    printf("this went wrong: %s\n", what);
    exit(1);
}

static inline void read_counters(struct vm_stats *stats)
{
    must(vmstat(0, stats, 0) == 0, "vmstat");
}

/* Private memory, in which nothing is yet. flags: more MAP_... flags. */
static inline char *fresh_pages(long count, int flags)
{
    char *start = mmap(0, count * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    must(start != MAP_FAILED, "mmap");
    return start;
}

/* Stores into each of count pages. */
static inline void write_pages(char *start, long count)
{
    for (long i = 0; i < count; i++)
        *(volatile char *)(start + i * PAGE) = 1;
}

static inline void read_pages(const char *start, long count)
{
    for (long i = 0; i < count; i++)
        (void)*(const volatile char *)(start + i * PAGE);
}

/* What is counted while a child is made, which has done nothing yet: before, after. */
static inline void count_fork(void)
{
    int ends[2];
    char byte;

    must(pipe(ends) == 0, "pipe");
    read_counters(&before);
    if (fork() == 0) {
        read(ends[0], &byte, 1);
        exit(0);
    }
    read_counters(&after);
    write(ends[1], "x", 1);
    wait(0);
}

/* The body of main: carries out the experiment with the name that was typed. */
static inline int choose(int argc, char *argv[], const struct experiment *experiments, int count)
{
    for (int i = 0; i < count; i++) {
        if (argc == 2 && strcmp(argv[1], experiments[i].name) == 0) {
            experiments[i].carry_out();
            return 0;
        }
    }
    printf("usage: %s", argv[0]);
    for (int i = 0; i < count; i++)
        printf(" %s%s", i > 0 ? "| " : "", experiments[i].name);
    printf("\n");
    return 2;
}

#define EXPERIMENTS(list) \
    int main(int argc, char *argv[]) \
    { \
        return choose(argc, argv, list, sizeof(list) / sizeof(list[0])); \
    }
