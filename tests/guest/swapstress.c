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
#include "thread.h"
#include "user.h"

#define PROCESSES_MOST 32
#define RUN_MOST 24 /* pages of one act */
#define WORDS (PAGE_SIZE / sizeof(unsigned long))
#define SHARED_OWNER 1000

struct shared_page {
    struct mutex mutex;
    unsigned version;
};

struct control {
    int stop, failed;
    struct barrier filled;
    struct shared_page pages[];
};

/* Pages of one owner: who knows all of their versions. */
struct region {
    unsigned owner;
    unsigned long pages;
    char *start;
    unsigned *versions;
};

static struct control *control;
static char *shared;
static unsigned long shared_pages, seed, state;
static struct region private, file;
static char path[16];

static unsigned long draw(unsigned long below)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (state >> 33) % below;
}

static void need(int is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(STDERR, "swapstress: %s: %s (seed %lu)\n", what, strerror(errno), seed);
    if (control)
        control->failed = control->stop = 1;
    exit(1);
}

static unsigned long first_word(unsigned owner, unsigned long page, unsigned version)
{
    return ((seed * 31 + owner) * 1000003 + page) * 0x9e3779b97f4a7c15ul + version * 0x1234567ul;
}

static void store(char *at, unsigned owner, unsigned long page, unsigned version)
{
    unsigned long *words = (unsigned long *)at, first = first_word(owner, page, version);

    for (unsigned long i = 0; i < WORDS; i++)
        words[i] = first + i;
}

static void verify(const char *at, unsigned owner, unsigned long page, unsigned version)
{
    const unsigned long *words = (const unsigned long *)at;
    unsigned long first = first_word(owner, page, version);

    for (unsigned long i = 0; i < WORDS; i++)
        if (words[i] != first + i) {
            fprintf(STDERR, "swapstress: pid %d: page %lu of %u, version %u, word %lu at %p is "
                    "0x%lx, not 0x%lx (seed %lu)\n", getpid(), page, owner, version, i, &words[i],
                    words[i], first + i, seed);
            control->failed = control->stop = 1;
            exit(1);
        }
}

static void *map(unsigned long bytes, int flags, int fd)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

    need(start != MAP_FAILED, "mmap");
    return start;
}

static void region_fill(struct region *region)
{
    for (unsigned long i = 0; i < region->pages; i++)
        store(region->start + i * PAGE_SIZE, region->owner, i, region->versions[i] = 1);
}

static void region_verify(const struct region *region)
{
    for (unsigned long i = 0; i < region->pages; i++)
        verify(region->start + i * PAGE_SIZE, region->owner, i, region->versions[i]);
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

static void work(int number, unsigned long pages)
{
    int fd;

    state = seed * 77 + (unsigned long)number;
    private = (struct region){(unsigned)number, pages * 6 / 8, NULL, NULL};
    file = (struct region){(unsigned)number + 100, pages / 8 + 1, NULL, NULL};
    private.start = map(private.pages * PAGE_SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    private.versions = map(private.pages * sizeof(unsigned), MAP_PRIVATE | MAP_ANONYMOUS, -1);
    file.versions = map(file.pages * sizeof(unsigned), MAP_PRIVATE | MAP_ANONYMOUS, -1);
    snprintf(path, sizeof(path), "swap.%d", number);
    fd = open(path, O_CREATE | O_TRUNC | O_RDWR);
    need(fd >= 0 && ftruncate(fd, (off_t)(file.pages * PAGE_SIZE)) == 0, path);
    close(fd);
    file_map();
    region_fill(&private);
    region_fill(&file);
    barrier_wait(&control->filled);
    while (!__atomic_load_n(&control->stop, __ATOMIC_RELAXED))
        act();
    region_verify(&private);
    region_verify(&file);
    need(unlink(path) == 0, path);
    exit(0);
}

static void counters(struct vm_stats *stats, int flags)
{
    need(vmstat(0, stats, flags) == 0, "vmstat");
}

/* Private pages are counted wherever they are; what they do not take of the frames is free. */
static void ledger(struct vm_stats *stats)
{
    counters(stats, VMSTAT_DROP);
    stats->frames[FRAME_ANON] += stats->swap_slots_used - stats->swap_cached;
    stats->frames[FRAME_FREE] -= stats->swap_slots_used - stats->swap_cached;
}

/* Until as many pages went out and came in; prints a line for each tenth. */
static void watch(const struct vm_stats *before, unsigned long pageouts)
{
    unsigned long done = 0, told = 0;
    struct vm_stats now;

    while (done < pageouts && !control->failed) {
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
    control->stop = 1;
}

static int run(int processes, unsigned long pages, unsigned long pageouts)
{
    struct vm_stats before;
    int pids[PROCESSES_MOST], status, failures = 0;
    unsigned long bytes = sizeof(*control) + shared_pages * sizeof(struct shared_page);

    counters(&before, 0);
    control = map(bytes, MAP_SHARED | MAP_ANONYMOUS, -1);
    shared = map(shared_pages * PAGE_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
    barrier_init(&control->filled, processes);
    for (unsigned long i = 0; i < shared_pages; i++)
        store(shared + i * PAGE_SIZE, SHARED_OWNER, i, 0);
    for (int i = 0; i < processes; i++) {
        pids[i] = fork();
        need(pids[i] >= 0, "fork");
        if (pids[i] == 0)
            work(i, pages / (unsigned long)processes);
    }
    watch(&before, pageouts);
    for (int i = 0; i < processes && control->failed; i++)
        kill(pids[i]); /* they might wait for one that is gone */
    for (int i = 0; i < processes; i++)
        failures += wait(&status) < 0 || status != 0;
    for (unsigned long i = 0; i < shared_pages && !failures; i++)
        verify(shared + i * PAGE_SIZE, SHARED_OWNER, i, control->pages[i].version);
    munmap(control, bytes);
    munmap(shared, shared_pages * PAGE_SIZE);
    control = NULL;
    return failures != 0;
}

/* Whether all is as before; dying processes and pages on their way to the disk take a moment. */
static int settles(const struct vm_stats *before, struct vm_stats *after, int looks)
{
    for (int look = 0; look < looks; look++) {
        sleep(1);
        ledger(after);
        if (memcmp(before->frames, after->frames, sizeof(after->frames)) == 0 &&
            before->commit == after->commit)
            return 1;
    }
    return 0;
}

static void tell_difference(const struct vm_stats *before, const struct vm_stats *after)
{
    for (int class = 0; class < FRAME_CLASSES; class++)
        fprintf(STDERR, "swapstress: class %d: %llu frames, were %llu\n", class,
                after->frames[class], before->frames[class]);
    fprintf(STDERR, "swapstress: %llu pages promised, were %llu\n", after->commit, before->commit);
}

static unsigned long number(int argc, char **argv, int index, unsigned long otherwise)
{
    return argc > index ? (unsigned long)strtol(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    static struct vm_stats before, after;
    int pid, status = 1, is_same = 0;
    unsigned long processes = number(argc, argv, 1, 8);
    unsigned long pages = number(argc, argv, 2, 160) * 256;
    unsigned long pageouts = number(argc, argv, 3, 20000);

    seed = number(argc, argv, 4, (unsigned long)getpid() * 7919 + (unsigned long)uptime());
    if (argc > 5 || processes < 1 || processes > PROCESSES_MOST || pages < 256 || pageouts < 1) {
        fprintf(STDERR, "usage: swapstress [PROCESSES [MIB [PAGEOUTS [SEED]]]]\n");
        return 2;
    }
    shared_pages = pages / 8;
    printf("swapstress: %lu processes, %lu pages, until %lu are out and in, seed %lu\n", processes,
           pages, pageouts, seed);
    for (int round = 0; round < 2; round++) { /* the first touches what this process needs */
        ledger(&before);
        pid = fork(); /* so that nothing of the run is left in this process */
        need(pid >= 0, "fork");
        if (pid == 0)
            exit(round == 0 ? 0 : run((int)processes, pages, pageouts));
        need(wait(&status) == pid && status == 0, "the run");
        is_same = settles(&before, &after, round == 0 ? 1 : 30);
    }
    if (!is_same) {
        tell_difference(&before, &after);
        return 1;
    }
    printf("swapstress: all as it should be, nothing is missing\n");
    return 0;
}
