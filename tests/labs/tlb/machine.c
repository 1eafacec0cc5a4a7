/*
 * machine MODE: what the machine's tests of the lab `tlb` look at (machine.py).
 *
 * own      a thread stores into a page that it has just unmapped, or write-protected
 * unmap    a thread stores into a page that another one, on another hart, has unmapped meanwhile
 * protect  the same with a page that has become read-only
 * copies   a child is made while a thread of its parent stores into a page that both have then
 * ledger   frames by class, before and after much was mapped, shared and unmapped by four threads
 * counts   between checkpoints, one thread changes protections while the other harts are idle
 *
 * In `own`, `unmap` and `protect` a child does the forbidden store, and is killed for it. What it
 * could have hit is memory that it shares with its parent, who comes to checkpoint 1. A child that
 * survives its store comes to checkpoint SURVIVED.
 *
 * Facts: see struct facts.
 */
#include "checkpoint.h"

#include <stdbool.h>

#include "thread.h"

#define SURVIVED 99ul
#define ROUNDS 6
#define VICTIMS 64ul       /* pages that the child fills once another one is unmapped */
#define THREADS 4
#define RANGE 70ul         /* pages that are unmapped at once: several batches */

static struct facts {
    uint64_t victims, rounds; /* page i of round r has the value number r << 32 | i, twice */
    uint64_t killed;          /* children that were killed for their store */
    uint64_t page, count;
} facts;

/* All processes have this. */
static struct shared {
    volatile uint64_t ready, go, count, stop;
} *shared;

static char *map(size_t pages, int flags)
{
    char *memory = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1,
                        0);

    if (memory == MAP_FAILED)
        die("machine", "mmap");
    return memory;
}

static void write_page(char *page, uint64_t number)
{
    uint64_t *word = (uint64_t *)page;

    word[0] = drawn(number);
    word[PAGE_SIZE / 8 - 1] = drawn(number);
}

/* ---- a forbidden store ---- */

static char *page;
static char *range; /* of pages; page is one of them */
static char *victims;

static void fill_victims(uint64_t round)
{
    for (uint64_t i = 0; i < VICTIMS; i++)
        write_page(victims + i * PAGE_SIZE, round << 32 | i);
}

static void store(void)
{
    *(volatile uint64_t *)page = 1;
    *(volatile uint64_t *)(page + PAGE_SIZE - 8) = 1;
    checkpoint(SURVIVED, NULL, 0);
}

static void store_when_told(void *unused)
{
    (void)unused;
    *(volatile uint64_t *)page = 0; /* now this hart has the translation */
    shared->ready = 1;
    while (!shared->go)
        ;
    store();
}

/* Takes the page away, or the permission. The victims get the frame, if it is free already. */
static void take_away(uint64_t round, bool unmaps)
{
    if (unmaps ? munmap(range, RANGE * PAGE_SIZE) < 0 : mprotect(page, PAGE_SIZE, PROT_READ) < 0)
        die("machine", "munmap or mprotect");
    if (unmaps)
        fill_victims(round);
}

static void child(uint64_t round, bool unmaps, bool has_thread)
{
    struct thread thread;

    if (has_thread) {
        if (thread_spawn(&thread, store_when_told, NULL) < 0)
            die("machine", "thread_spawn");
        while (!shared->ready)
            ;
        take_away(round, unmaps);
        shared->go = 1;
        thread_wait(&thread);
    } else {
        *(volatile uint64_t *)page = 0;
        take_away(round, unmaps);
        store();
    }
    exit(1);
}

/* A page of the child's own that is unmapped, or the first victim, which is protected. */
static void one_round(uint64_t round, bool unmaps, bool has_thread)
{
    int status;

    victims = map(VICTIMS, MAP_SHARED);
    if (!unmaps)
        fill_victims(round);
    range = unmaps ? map(RANGE, MAP_PRIVATE) : victims;
    page = range + (unmaps ? drawn(round) % RANGE : 1) * PAGE_SIZE;
    shared->ready = shared->go = 0;
    if (fork() == 0)
        child(round, unmaps, has_thread);
    if (wait(&status) < 0)
        die("machine", "wait");
    facts.killed += status == WAIT_KILLED;
    for (uint64_t i = 0; i < VICTIMS; i++) /* each is looked at, so that it is mapped here, too */
        (void)*(volatile char *)(victims + i * PAGE_SIZE);
    if (!unmaps)
        write_page(page, round << 32 | 1); /* the thread's first store, which was allowed */
}

static void forbidden(bool unmaps, bool protects, bool has_thread)
{
    static uint64_t at[2 * ROUNDS + 4];
    uint64_t rounds = 0;

    for (int i = 0; i < ROUNDS; i++) {
        if (unmaps) {
            one_round(rounds, true, has_thread);
            at[4 + rounds++] = (uint64_t)victims;
        }
        if (protects) {
            one_round(rounds, false, has_thread);
            at[4 + rounds++] = (uint64_t)victims;
        }
    }
    at[0] = rounds;
    at[1] = facts.killed;
    at[2] = VICTIMS;
    checkpoint(1, at, sizeof at);
}

/* ---- copy-on-write ---- */

/* Until it is told to stop, counts in the page, and afterwards in shared memory. */
static void count_in_page(void *unused)
{
    volatile uint64_t *word = (uint64_t *)page;

    (void)unused;
    while (!shared->stop) {
        *word += 1;
        shared->count += 1;
    }
}

static void wait_for_counts(uint64_t more)
{
    uint64_t until = shared->count + more;

    while (shared->count < until)
        ;
}

static void copies_mode(void)
{
    struct thread thread;
    int status;

    for (int i = 0; i < ROUNDS; i++) {
        page = map(1, MAP_PRIVATE);
        write_page(page, (uint64_t)i);
        facts.page = (uint64_t)page;
        *(volatile uint64_t *)page = 0;
        shared->stop = shared->count = 0;
        if (thread_spawn(&thread, count_in_page, NULL) < 0)
            die("machine", "thread_spawn");
        wait_for_counts(1000);
        checkpoint(1, &facts, sizeof facts);
        if (fork() == 0) {
            wait_for_counts(100);
            checkpoint(2, &facts, sizeof facts);
            wait_for_counts(1000);
            checkpoint(3, &facts, sizeof facts);
            exit(0);
        }
        if (wait(&status) < 0 || status != 0)
            die("machine", "the child");
        shared->stop = 1;
        if (thread_wait(&thread) < 0)
            die("machine", "thread_wait");
        facts.count = shared->count;
        checkpoint(4, &facts, sizeof facts);
    }
}

/* ---- what is lost, and what it costs ---- */

static void map_and_unmap(void *unused)
{
    (void)unused;
    for (int i = 0; i < 8; i++) {
        char *memory = map(RANGE, MAP_PRIVATE);

        for (size_t at = 0; at < RANGE; at++)
            memory[at * PAGE_SIZE] = 1;
        if (munmap(memory, RANGE * PAGE_SIZE) < 0)
            die("machine", "munmap");
    }
}

static void all_harts(void)
{
    struct thread thread[THREADS];

    for (int i = 0; i < THREADS; i++)
        if (thread_spawn(&thread[i], map_and_unmap, NULL) < 0)
            die("machine", "thread_spawn");
    if (fork() == 0)
        exit(0);
    wait(NULL);
    for (int i = 0; i < THREADS; i++)
        thread_wait(&thread[i]);
}

static void ledger_mode(void)
{
    static struct vm_stats before, after;
    static uint64_t frames[2][FRAME_CLASSES];

    all_harts(); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    for (int i = 0; i < 3; i++)
        all_harts();
    vmstat(0, &after, VMSTAT_DROP);
    for (int class = 0; class < FRAME_CLASSES; class++) {
        frames[0][class] = before.frames[class];
        frames[1][class] = after.frames[class];
    }
    checkpoint(1, frames, sizeof frames);
}

#define CHANGES 1000

static void counts_mode(void)
{
    page = map(8, MAP_PRIVATE);
    for (int i = 0; i < 8; i++)
        page[i * PAGE_SIZE] = 1;
    checkpoint(1, NULL, 0);
    for (int i = 0; i < CHANGES; i++)
        mprotect(page, i % 4 ? PAGE_SIZE : 8 * PAGE_SIZE,
                 i % 2 ? PROT_READ | PROT_WRITE : PROT_READ);
    checkpoint(2, NULL, 0);
    for (int i = 0; i < 30; i++) { /* each child is a space that is entered, and left */
        if (fork() == 0)
            exit(0);
        wait(NULL);
    }
    checkpoint(3, NULL, 0);
}

int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";

    shared = (struct shared *)map(1, MAP_SHARED);
    shared->ready = 0;
    if (strcmp(mode, "own") == 0)
        forbidden(true, true, false);
    else if (strcmp(mode, "unmap") == 0)
        forbidden(true, false, true);
    else if (strcmp(mode, "protect") == 0)
        forbidden(false, true, true);
    else if (strcmp(mode, "copies") == 0)
        copies_mode();
    else if (strcmp(mode, "ledger") == 0)
        ledger_mode();
    else if (strcmp(mode, "counts") == 0)
        counts_mode();
    else
        die("machine", "there is no such mode");
    return 0;
}
