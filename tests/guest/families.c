/*
 * families: what the eviction of a private page costs where few processes of one family have such
 * pages at the same addresses, and where many have; as many pages in all. The status is 1 where it
 * costs more than half as much again. Counted in instructions, so for -icount shift=0 only.
 */
#include "instructions.h"
#include "user.h"

#define FEW 4
#define MANY 128
#define PAGES 1024 /* of all children together */
#define ROUNDS 3

static unsigned long frames;

static void check(int is_good, const char *what)
{
    if (!is_good)
        die("families", what);
}

static char *map(unsigned long count)
{
    char *start = mmap(NULL, count * PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    check(start != MAP_FAILED, "mmap");
    return start;
}

static void store(char *start, unsigned long count, char value)
{
    for (unsigned long i = 0; i < count; i++)
        start[i * PAGE_SIZE] = value;
}

/* A child with pages of its own, where its sisters have theirs; says so, and waits for its end. */
static int make_member(unsigned long count, int out)
{
    int pid = fork();

    check(pid >= 0, "fork");
    if (pid > 0)
        return pid;
    store(map(count), count, 2);
    check(write(out, "", 1) == 1, "write");
    for (;;)
        sleep(1000);
}

/* A process takes all memory; instructions for each page that had to go. */
static uint64_t press(void)
{
    static struct vm_stats before, after;
    uint64_t start;
    int pid, status;

    check(vmstat(0, &before, 0) == 0, "vmstat");
    start = instructions();
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        store(map(frames), frames, 1);
        exit(0);
    }
    check(wait(&status) == pid && status == 0, "the one that takes all memory");
    start = instructions() - start;
    check(vmstat(0, &after, 0) == 0, "vmstat");
    check(after.evict_dirty - before.evict_dirty >= PAGES, "too few pages were evicted");
    return start / (after.evict_dirty - before.evict_dirty);
}

/* The least of some rounds: each has children of its own, whose pages are new. */
static uint64_t cost(int members)
{
    int pids[MANY], ends[2], status;
    uint64_t least = 0;
    char byte;

    check(pipe(ends) == 0, "pipe");
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < members; i++) {
            pids[i] = make_member(PAGES / (unsigned long)members, ends[1]);
            check(read(ends[0], &byte, 1) == 1, "read");
        }
        uint64_t now = press();

        if (round == 0 || now < least)
            least = now;
        for (int i = 0; i < members; i++)
            kill(pids[i]);
        for (int i = 0; i < members; i++)
            check(wait(&status) > 0, "wait");
    }
    return least;
}

int main(void)
{
    static struct vm_stats stats;
    uint64_t few, many;

    check(vmstat(0, &stats, 0) == 0, "vmstat");
    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += (unsigned long)stats.frames[class];
    few = cost(FEW);
    many = cost(MANY);
    printf("families: %lu instructions an eviction with %d members, %lu with %d\n", few, FEW, many,
           MANY);
    printf("families: %s\n", 2 * many > 3 * few ? "grows too much" : "ok");
    return 2 * many > 3 * few;
}
