/*
 * swapstress [PROCESSES [MIB [PAGEOUTS [SEED]]]]: processes that together use so many MiB, which
 * should be more than there is, until so many pages have gone to swap and as many have come back.
 * Every byte that anybody reads is compared with what was stored there last.
 *
 * Six eighths of the memory are private, one is shared without a file, one is mapped from files.
 * Each page has a version, its content is told by seed, owner, place and version. The versions of
 * shared pages lie in shared memory, each under a lock. Now and then a process forks a child that
 * sees the same pages, changes its own copies, and goes.
 *
 * In the end no frame and no slot may be missing: what vmstat counts is what it was.
 */
#define PROGRAM "swapstress"
#include "stress.h"
#include "thread.h"

#define PROCESSES_MOST 32
#define RUN_MOST 24 /* pages of one act */
#define SHARED_OWNER 1000

struct shared_page {
    struct mutex mutex;
    unsigned version;
};

struct control {
    struct progress progress;
    struct barrier filled;
    struct shared_page pages[];
};

static struct control *control;
static char *shared;
static unsigned long shared_pages, processes, pages, pageouts;
static struct region private, file;
static char path[16];

static void region_fill(struct region *region)
{
    for (unsigned long i = 0; i < region->pages; i++)
        store(region->start + i * PAGE_SIZE, region->owner, i, region->versions[i] = 1);
}

/* Looks at a run of pages, and changes about half of them. */
static void region_act(struct region *region)
{
    unsigned long from = draw(region->pages), to = from + 1 + draw(RUN_MOST);

    for (unsigned long i = from; i < to && i < region->pages; i++) {
        char *at = region->start + i * PAGE_SIZE;

        verify(at, region->owner, i, region->versions[i]);
        if (draw(2))
            store(at, region->owner, i, ++region->versions[i]);
    }
}

static void shared_act(void)
{
    unsigned long from = draw(shared_pages), to = from + 1 + draw(RUN_MOST / 3);

    for (unsigned long i = from; i < to && i < shared_pages; i++) {
        struct shared_page *page = &control->pages[i];
        char *at = shared + i * PAGE_SIZE;

        mutex_lock(&page->mutex);
        verify(at, SHARED_OWNER, i, page->version);
        if (draw(2))
            store(at, SHARED_OWNER, i, ++page->version);
        mutex_unlock(&page->mutex);
    }
}

static void file_map(void)
{
    int fd = open(path, O_RDWR);

    need(fd >= 0, path);
    file.start = map(file.pages * PAGE_SIZE, MAP_SHARED, fd);
    close(fd);
}

static void file_act(void)
{
    static char page[PAGE_SIZE];
    unsigned long i = draw(file.pages);
    int fd;

    region_act(&file);
    switch (draw(24)) {
    case 0:
        need(msync(file.start, file.pages * PAGE_SIZE, MS_SYNC) == 0, "msync");
        break;
    case 1:
        need(munmap(file.start, file.pages * PAGE_SIZE) == 0, "munmap");
        file_map();
        break;
    case 2: /* what read() sees is what was stored */
        fd = open(path, O_RDONLY);
        need(fd >= 0 && lseek(fd, (off_t)(i * PAGE_SIZE), SEEK_SET) >= 0, path);
        need(read_full(fd, page, PAGE_SIZE) == PAGE_SIZE, "read");
        verify(page, file.owner, i, file.versions[i]);
        close(fd);
    }
}

/* A child with the same private pages: their changes are not the parent's. */
static void fork_act(void)
{
    int pid = fork();

    need(pid >= 0 || errno == ENOMEM || errno == EAGAIN, "fork");
    if (pid < 0)
        return;
    if (pid == 0) {
        state ^= (unsigned long)getpid();
        for (int i = 0; i < 20; i++)
            region_act(&private);
        shared_act();
        exit(0);
    }
    for (int i = 0; i < 20; i++)
        region_act(&private);
    int status = 1;

    need(wait(&status) == pid && status == 0, "a child");
}

static void act(void)
{
    switch (draw(64)) {
    case 0:
        fork_act();
        break;
    case 1 ... 8:
        shared_act();
        break;
    case 9 ... 16:
        file_act();
        break;
    default:
        region_act(&private);
    }
}

static void work(unsigned worker, unsigned long share)
{
    int fd;

    state = seed * 77 + worker;
    region_make(&private, worker, share * 6 / 8, -1);
    snprintf(path, sizeof(path), "swap.%u", worker);
    fd = open(path, O_CREATE | O_TRUNC | O_RDWR);
    need(fd >= 0 && ftruncate(fd, (off_t)((share / 8 + 1) * PAGE_SIZE)) == 0, path);
    region_make(&file, worker + 100, share / 8 + 1, fd);
    close(fd);
    region_fill(&private);
    region_fill(&file);
    barrier_wait(&control->filled);
    while (!__atomic_load_n(&progress->stop, __ATOMIC_RELAXED))
        act();
    region_verify(&private);
    region_verify(&file);
    need(unlink(path) == 0, path);
    exit(0);
}

/* Until as many pages went out and came in; prints a line for each tenth. */
static void watch(const struct vm_stats *before)
{
    unsigned long done = 0, told = 0;
    struct vm_stats now;

    while (done < pageouts && !progress->failed) {
        sleep(1);
        counters(&now, 0);
        unsigned long out = (unsigned long)(now.pgout - before->pgout);
        unsigned long in = (unsigned long)(now.pgin - before->pgin);

        done = out < in ? out : in;
        if (done * 10 / pageouts > told) {
            told = done * 10 / pageouts;
            printf("swapstress: %lu pages out, %lu in, %llu slots in use\n", out, in,
                   now.swap_slots_used);
        }
    }
    progress->stop = 1;
    exit(0);
}

static int run(void)
{
    struct vm_stats before;
    int pids[PROCESSES_MOST + 1], failures;
    unsigned long bytes = sizeof(*control) + shared_pages * sizeof(struct shared_page);

    counters(&before, 0);
    control = map(bytes, MAP_SHARED | MAP_ANONYMOUS, -1);
    progress = &control->progress;
    shared = map(shared_pages * PAGE_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
    barrier_init(&control->filled, (int)processes);
    for (unsigned long i = 0; i < shared_pages; i++)
        store(shared + i * PAGE_SIZE, SHARED_OWNER, i, control->pages[i].version = 1);
    for (unsigned i = 0; i <= processes; i++) {
        pids[i] = fork();
        need(pids[i] >= 0, "fork");
        if (pids[i] == 0 && i == processes)
            watch(&before);
        else if (pids[i] == 0)
            work(i, pages / processes);
    }
    failures = wait_for_all(pids, (int)processes + 1);
    for (unsigned long i = 0; i < shared_pages && !failures; i++)
        verify(shared + i * PAGE_SIZE, SHARED_OWNER, i, control->pages[i].version);
    return failures != 0;
}

int main(int argc, char **argv)
{
    processes = number(argc, argv, 1, 8);
    pages = number(argc, argv, 2, 160) * 256;
    pageouts = number(argc, argv, 3, 20000);
    seed = number(argc, argv, 4, (unsigned long)getpid() * 7919 + (unsigned long)uptime());
    if (argc > 5 || processes < 1 || processes > PROCESSES_MOST || pages < 256 || pageouts < 1) {
        fprintf(STDERR, "usage: swapstress [PROCESSES [MIB [PAGEOUTS [SEED]]]]\n");
        return 2;
    }
    shared_pages = pages / 8;
    printf("swapstress: %lu processes, %lu pages, until %lu are out and in, seed %lu\n", processes,
           pages, pageouts, seed);
    return run_and_count(run);
}
