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
#define PROGRAM "dirtystress"
#include "stress.h"

#define PROCESSES 4
#define RUN_MOST 32
#define WRITTEN_MOST 192ul /* pages of a file that write() makes */

static unsigned long frames, pages;
static struct region private, mapped;
static unsigned written[WRITTEN_MOST]; /* the versions of the other file's pages */
static unsigned long written_pages;    /* its size */
static char page[PAGE_SIZE], mapped_path[16], written_path[16];

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
static void work(unsigned worker)
{
    unsigned long stored = frames / 16 < 1024 ? frames / 16 : 1024;
    int fd;

    state = seed * 77 + worker;
    snprintf(mapped_path, sizeof(mapped_path), "dirty.%u", worker);
    snprintf(written_path, sizeof(written_path), "dirtier.%u", worker);
    fd = open(mapped_path, O_CREATE | O_TRUNC | O_RDWR);
    need(fd >= 0 && ftruncate(fd, (off_t)(stored * PAGE_SIZE)) == 0, mapped_path);
    region_make(&private, worker, frames / 3, -1);
    region_make(&mapped, worker + 100, stored, fd);
    close(fd);
    region_dirty(&private, 0, private.pages);
    region_dirty(&mapped, 0, mapped.pages);
    while (!__atomic_load_n(&progress->stop, __ATOMIC_RELAXED))
        act();
    region_verify(&private);
    region_verify(&mapped);
    need(unlink(mapped_path) == 0, mapped_path);
    unlink(written_path); /* need not be there */
    exit(0);
}

static void watch(const struct vm_stats *before)
{
    unsigned long done = 0, told = 0;
    struct vm_stats now;

    while (done < pages && !progress->failed) {
        sleep(1);
        counters(&now, 0);
        done = (unsigned long)(now.file_write - before->file_write);
        if (done * 10 / pages > told) {
            told = done * 10 / pages;
            printf("dirtystress: %lu pages written back, %llu to swap\n", done,
                   now.pgout - before->pgout);
        }
    }
    progress->stop = 1;
    exit(0);
}

static int run(void)
{
    struct vm_stats before;
    int pids[PROCESSES + 1];

    counters(&before, 0);
    progress = map(sizeof(*progress), MAP_SHARED | MAP_ANONYMOUS, -1);
    for (unsigned i = 0; i <= PROCESSES; i++) {
        pids[i] = fork();
        need(pids[i] >= 0, "fork");
        if (pids[i] == 0 && i == PROCESSES)
            watch(&before);
        else if (pids[i] == 0)
            work(i);
    }
    return wait_for_all(pids, PROCESSES + 1) != 0;
}

int main(int argc, char **argv)
{
    struct vm_stats now;

    pages = number(argc, argv, 1, 5000);
    seed = number(argc, argv, 2, (unsigned long)uptime());
    if (argc > 3 || pages < 1) {
        fprintf(STDERR, "usage: dirtystress [PAGES [SEED]]\n");
        return 2;
    }
    counters(&now, 0);
    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += (unsigned long)now.frames[class];
    printf("dirtystress: %lu frames, until %lu pages are written back, seed %lu\n", frames, pages,
           seed);
    return run_and_count(run);
}
