/*
 * dirtystress [PAGES [SEED]]: four processes that keep all of memory dirty, their own pages and
 * those of files, until so many pages have been written back to files. Whoever needs a frame then
 * has to write before it can get one, and writing a file takes frames itself: buffers, blocks of
 * the log, tables. So it goes on only while the kernel keeps enough for those in reserve.
 *
 * Each process has private pages and a file that it maps and stores into, all of them dirty before
 * it begins, and a file that it writes, cuts off, removes and makes again. All that it reads is
 * compared with what it wrote last. In the end no frame and no slot may be missing.
 */
#include "user.h"

#define PROCESSES 4
#define WORDS (PAGE_SIZE / sizeof(unsigned long))
#define RUN_MOST 32
#define WRITTEN_MOST 192ul /* pages of a file that write() makes */

/* Pages with a version each; 0: all zero. */
struct region {
    unsigned owner;
    unsigned long pages;
    char *start;
    unsigned *versions;
};

struct control {
    int stop, failed;
};

static struct control *control;
static unsigned long seed, state;
static struct region private, mapped;
static unsigned written[WRITTEN_MOST]; /* the versions of the other file's pages */
static unsigned long written_pages;    /* its size */
static char page[PAGE_SIZE], mapped_path[16], written_path[16];

static unsigned long draw(unsigned long below)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (state >> 33) % below;
}

static void need(int is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(STDERR, "dirtystress: %s: %s (seed %lu)\n", what, strerror(errno), seed);
    if (control)
        control->failed = control->stop = 1;
    exit(1);
}

static unsigned long word_at(unsigned owner, unsigned long place, unsigned version, unsigned long i)
{
    return ((seed * 31 + owner) * 1000003 + place * 4099 + version) * 0x9e3779b97f4a7c15ul + i;
}

static void store(char *at, unsigned owner, unsigned long place, unsigned version)
{
    for (unsigned long i = 0; i < WORDS; i++)
        ((unsigned long *)at)[i] = word_at(owner, place, version, i);
}

static void verify(const char *at, unsigned owner, unsigned long place, unsigned version)
{
    const unsigned long *words = (const unsigned long *)at;

    for (unsigned long i = 0; i < WORDS; i++) {
        unsigned long want = version ? word_at(owner, place, version, i) : 0;

        if (words[i] == want)
            continue;
        fprintf(STDERR, "dirtystress: page %lu of %u, version %u, word %lu is 0x%lx, not 0x%lx\n",
                place, owner, version, i, words[i], want);
        need(0, "wrong bytes");
    }
}

static void *map(unsigned long bytes, int flags, int fd)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

    need(start != MAP_FAILED, "mmap");
    return start;
}

static void region_make(struct region *region, unsigned owner, unsigned long pages, int fd)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

    region->owner = owner;
    region->pages = pages;
    region->start = map(pages * PAGE_SIZE, flags, fd);
    region->versions = map(pages * sizeof(unsigned), MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* All of them are dirty afterwards. */
static void region_dirty(struct region *region, unsigned long from, unsigned long to)
{
    for (unsigned long i = from; i < to && i < region->pages; i++) {
        char *at = region->start + i * PAGE_SIZE;

        verify(at, region->owner, i, region->versions[i]);
        store(at, region->owner, i, ++region->versions[i]);
    }
}

static void region_act(struct region *region)
{
    unsigned long from = draw(region->pages);

    region_dirty(region, from, from + 1 + draw(RUN_MOST));
}

static int open_written(unsigned long at)
{
    int fd = open(written_path, O_CREATE | O_RDWR);

    need(fd >= 0 && lseek(fd, (off_t)(at * PAGE_SIZE), SEEK_SET) >= 0, written_path);
    return fd;
}

static void write_act(void)
{
    unsigned long from = draw(written_pages < WRITTEN_MOST ? written_pages + 1 : WRITTEN_MOST);
    unsigned long to = from + 1 + draw(RUN_MOST);
    int fd = open_written(from);

    for (unsigned long i = from; i < to && i < WRITTEN_MOST; i++) {
        store(page, private.owner + 200, i, ++written[i]);
        need(write_full(fd, page, PAGE_SIZE) == 0, "write");
        if (i >= written_pages)
            written_pages = i + 1;
    }
    if (draw(32) == 0)
        need(fsync(fd) == 0, "fsync");
    close(fd);
}

static void read_act(void)
{
    unsigned long from = written_pages > 0 ? draw(written_pages) : 0;
    int fd = open_written(from);

    for (unsigned long i = from; i < from + RUN_MOST && i < written_pages; i++) {
        need(read_full(fd, page, PAGE_SIZE) == PAGE_SIZE, "read");
        verify(page, private.owner + 200, i, written[i]);
    }
    close(fd);
}

/* Shorter, or gone: what is written there later begins anew. */
static void cut_act(void)
{
    unsigned long pages = written_pages > 0 ? draw(written_pages) : 0;

    if (draw(4) == 0) {
        need(written_pages == 0 || unlink(written_path) == 0, "unlink");
        pages = 0;
    } else {
        int fd = open_written(0);

        need(ftruncate(fd, (off_t)(pages * PAGE_SIZE)) == 0, "ftruncate");
        close(fd);
    }
    written_pages = pages;
}

static void act(void)
{
    switch (draw(32)) {
    case 0:
        cut_act();
        break;
    case 1:
        need(msync(mapped.start, mapped.pages * PAGE_SIZE, draw(2) ? MS_SYNC : MS_ASYNC) == 0,
             "msync");
        break;
    case 2 ... 6:
        read_act();
        break;
    case 7 ... 15:
        write_act();
        break;
    case 16 ... 23:
        region_act(&mapped);
        break;
    default:
        region_act(&private);
    }
}

/* Private pages: a third of all memory each. Stored files: a sixteenth each. */
static void work(int number, unsigned long frames)
{
    unsigned long pages = frames / 16 < 1024 ? frames / 16 : 1024;
    int fd;

    state = seed * 77 + (unsigned long)number;
    snprintf(mapped_path, sizeof(mapped_path), "dirty.%d", number);
    snprintf(written_path, sizeof(written_path), "dirtier.%d", number);
    fd = open(mapped_path, O_CREATE | O_TRUNC | O_RDWR);
    need(fd >= 0 && ftruncate(fd, (off_t)(pages * PAGE_SIZE)) == 0, mapped_path);
    region_make(&private, (unsigned)number, frames / 3, -1);
    region_make(&mapped, (unsigned)number + 100, pages, fd);
    close(fd);
    region_dirty(&private, 0, private.pages);
    region_dirty(&mapped, 0, mapped.pages);
    while (!__atomic_load_n(&control->stop, __ATOMIC_RELAXED))
        act();
    for (unsigned long i = 0; i < private.pages; i++)
        verify(private.start + i * PAGE_SIZE, private.owner, i, private.versions[i]);
    for (unsigned long i = 0; i < mapped.pages; i++)
        verify(mapped.start + i * PAGE_SIZE, mapped.owner, i, mapped.versions[i]);
    need(unlink(mapped_path) == 0, mapped_path);
    unlink(written_path); /* need not be there */
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

static void watch(const struct vm_stats *before, unsigned long pages)
{
    unsigned long done = 0, told = 0;
    struct vm_stats now;

    while (done < pages && !control->failed) {
        sleep(1);
        counters(&now, 0);
        done = (unsigned long)(now.file_write - before->file_write);
        if (done * 10 / pages > told) {
            told = done * 10 / pages;
            printf("dirtystress: %lu pages written back, %llu to swap\n", done,
                   now.pgout - before->pgout);
        }
    }
    control->stop = 1;
}

static int run(unsigned long frames, unsigned long pages)
{
    struct vm_stats before;
    int pids[PROCESSES], status, failures = 0;

    counters(&before, 0);
    control = map(sizeof(*control), MAP_SHARED | MAP_ANONYMOUS, -1);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        need(pids[i] >= 0, "fork");
        if (pids[i] == 0)
            work(i, frames);
    }
    watch(&before, pages);
    for (int i = 0; i < PROCESSES && control->failed; i++)
        kill(pids[i]);
    for (int i = 0; i < PROCESSES; i++)
        failures += wait(&status) < 0 || status != 0;
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
        fprintf(STDERR, "dirtystress: class %d: %llu frames, were %llu\n", class,
                after->frames[class], before->frames[class]);
    fprintf(STDERR, "dirtystress: %llu pages promised, were %llu\n", after->commit, before->commit);
}

int main(int argc, char **argv)
{
    static struct vm_stats before, after;
    unsigned long pages = argc > 1 ? (unsigned long)strtol(argv[1], NULL, 10) : 5000, frames = 0;
    int pid, status = 1, is_same = 0;

    seed = argc > 2 ? (unsigned long)strtol(argv[2], NULL, 10) : (unsigned long)uptime();
    if (argc > 3 || pages < 1) {
        fprintf(STDERR, "usage: dirtystress [PAGES [SEED]]\n");
        return 2;
    }
    counters(&before, 0);
    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += (unsigned long)before.frames[class];
    printf("dirtystress: %lu frames, until %lu pages are written back, seed %lu\n", frames, pages,
           seed);
    for (int round = 0; round < 2; round++) { /* the first touches what this process needs */
        ledger(&before);
        pid = fork(); /* so that nothing of the run is left in this process */
        need(pid >= 0, "fork");
        if (pid == 0)
            exit(round == 0 ? 0 : run(frames, pages));
        need(wait(&status) == pid && status == 0, "the run");
        is_same = settles(&before, &after, round == 0 ? 1 : 30);
    }
    if (!is_same) {
        tell_difference(&before, &after);
        return 1;
    }
    printf("dirtystress: all as it should be, nothing is missing\n");
    return 0;
}
