/*
 * What swapstress and dirtystress share: pages whose content is told by seed, owner, place and
 * version, and a run in a child of which nothing may be left. For the one file of a program, which
 * says before what its name is: PROGRAM.
 */
#ifndef STRESS_H
#define STRESS_H

#include "user.h"

#define WORDS (PAGE_SIZE / sizeof(unsigned long))
#define LOOKS 30 /* a tick apart, until all is as before */

/* Pages of one owner, who knows their versions. */
struct region {
    unsigned owner;
    unsigned long pages;
    char *start;
    unsigned *versions;
};

/* In memory that all processes of a run share. */
struct progress {
    int stop, failed;
};

static struct progress *progress; /* NULL: no run has begun here */
static unsigned long seed, state;

static inline unsigned long draw(unsigned long below)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (state >> 33) % below;
}

static inline void need(int is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(STDERR, PROGRAM ": %s: %s (seed %lu)\n", what, strerror(errno), seed);
    if (progress)
        progress->failed = progress->stop = 1;
    exit(1);
}

/* Version 0 is all zero. */
static inline unsigned long word_at(unsigned owner, unsigned long place, unsigned version,
                                    unsigned long i)
{
    unsigned long of_page = ((seed * 31 + owner) * 1000003 + place * 4099 + version);

    return version ? of_page * 0x9e3779b97f4a7c15ul + i : 0;
}

static inline void store(char *at, unsigned owner, unsigned long place, unsigned version)
{
    for (unsigned long i = 0; i < WORDS; i++)
        ((unsigned long *)at)[i] = word_at(owner, place, version, i);
}

static inline void verify(const char *at, unsigned owner, unsigned long place, unsigned version)
{
    const unsigned long *words = (const unsigned long *)at;

    for (unsigned long i = 0; i < WORDS; i++) {
        unsigned long want = word_at(owner, place, version, i);

        if (words[i] == want)
            continue;
        fprintf(STDERR, PROGRAM ": pid %d: page %lu of %u, version %u, word %lu at %p is 0x%lx, "
                "not 0x%lx\n", getpid(), place, owner, version, i, &words[i], words[i], want);
        need(0, "wrong bytes");
    }
}

static inline void *map(unsigned long bytes, int flags, int fd)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

    need(start != MAP_FAILED, "mmap");
    return start;
}

/* Of a file, or (-1) private memory; all of version 0. */
static inline void region_make(struct region *region, unsigned owner, unsigned long pages, int fd)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

    region->owner = owner;
    region->pages = pages;
    region->start = map(pages * PAGE_SIZE, flags, fd);
    region->versions = map(pages * sizeof(unsigned), MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static inline void region_verify(const struct region *region)
{
    for (unsigned long i = 0; i < region->pages; i++)
        verify(region->start + i * PAGE_SIZE, region->owner, i, region->versions[i]);
}

static inline void counters(struct vm_stats *stats, int flags)
{
    need(vmstat(0, stats, flags) == 0, "vmstat");
}

/* Private pages are counted wherever they are; what they do not take of the frames is free. */
static inline void ledger(struct vm_stats *stats)
{
    counters(stats, VMSTAT_DROP);
    stats->frames[FRAME_ANON] += stats->swap_slots_used - stats->swap_cached;
    stats->frames[FRAME_FREE] -= stats->swap_slots_used - stats->swap_cached;
}

/* How many failed? With the first that does the others end, for they might wait for it. */
static inline int wait_for_all(const int *pids, int count)
{
    int failures = 0;

    for (int i = 0; i < count; i++) {
        int status;

        if (wait(&status) >= 0 && status == 0)
            continue;
        failures++;
        progress->failed = progress->stop = 1;
        for (int j = 0; j < count; j++)
            kill(pids[j]);
    }
    return failures;
}

static inline int is_as_before(const struct vm_stats *before)
{
    static struct vm_stats after;

    for (int look = 0; look < LOOKS; look++) {
        sleep(1); /* dying processes and pages on their way to the disk take a moment */
        ledger(&after);
        if (memcmp(before->frames, after.frames, sizeof(after.frames)) == 0 &&
            before->commit == after.commit)
            return 1;
    }
    for (int class = 0; class < FRAME_CLASSES; class++)
        fprintf(STDERR, PROGRAM ": class %d: %llu frames, were %llu\n", class, after.frames[class],
                before->frames[class]);
    fprintf(STDERR, PROGRAM ": %llu pages promised, were %llu\n", after.commit, before->commit);
    return 0;
}

static inline int nothing(void)
{
    return 0;
}

/*
 * Runs it in a child, so that nothing is left of it here. The program's status: 0 where it ends
 * well and nothing is missing. A child that does nothing shows first what this process needs.
 */
static inline int run_and_count(int (*run)(void))
{
    int (*const rounds[])(void) = {nothing, run};
    static struct vm_stats before;

    for (int round = 0; round < 2; round++) {
        int status = 1, pid;

        sleep(1);
        ledger(&before);
        pid = fork();
        need(pid >= 0, "fork");
        if (pid == 0)
            exit(rounds[round]());
        need(wait(&status) == pid && status == 0, "the run");
    }
    if (!is_as_before(&before))
        return 1;
    printf(PROGRAM ": all as it should be, nothing is missing\n");
    return 0;
}

static inline unsigned long number(int argc, char **argv, int index, unsigned long otherwise)
{
    if (argc <= index)
        return otherwise;
    return (unsigned long)number_or_die(PROGRAM, argv[index], 0, LONG_MAX);
}

#endif
