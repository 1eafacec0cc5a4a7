/*
 * vmstress [OPERATIONS [SEED]]: eight threads of one address space map, touch, protect and unmap
 * overlapping ranges of one arena at random, and compare what they see with a model.
 *
 * The arena is a row of pages. A thread works on a range of them, whose locks it takes in ascending
 * order; so the model of each page (mapped? allowed what? which content?) is exact, while the
 * kernel's areas, tables and TLBs under it are shared with seven others, who work on the pages next
 * to it at the same time. A range lies anywhere, so areas are split, joined and replaced all over.
 *
 * What may not be touched is tried through the kernel: read() and write() on a pipe say EFAULT
 * where a load or store would kill.
 */
#include "thread.h"
#include "user.h"

#define THREADS 8
#define PAGES 256
#define RANGE_MAX 12
#define OPERATIONS 20000
#define PROGRESS 12500 /* operations of the first thread between two lines */

struct model {
    struct mutex mutex;
    int mapped, prot;
    unsigned long content; /* of the page's first and last word; 0: never written */
};

struct worker {
    struct thread thread;
    unsigned long state;
    long operations;
    int ends[2];
};

static char *arena;
static struct model model[PAGES];
static struct worker workers[THREADS];
static struct barrier beginning;
static unsigned long seed;

static unsigned long draw(struct worker *worker, unsigned long below)
{
    worker->state = worker->state * 6364136223846793005ul + 1442695040888963407ul;
    return (worker->state >> 33) % below;
}

static void fail(const char *what, int page, unsigned long got, unsigned long want)
{
    printf("vmstress: page %d (%p): %s: 0x%lx, not 0x%lx (seed %lu)\n", page,
           arena + page * PAGE_SIZE, what, got, want, seed);
    exit(1);
}

static void need(int is_good, const char *what)
{
    if (!is_good)
        fail(what, 0, (unsigned long)errno, 0);
}

static volatile unsigned long *first_word(int page)
{
    return (volatile unsigned long *)(arena + page * PAGE_SIZE);
}

static volatile unsigned long *last_word(int page)
{
    return first_word(page) + PAGE_SIZE / sizeof(unsigned long) - 1;
}

/* Asks the kernel, which copies a byte through the worker's own pipe, and leaves what is there. */
static void check_access(struct worker *worker, int page)
{
    const struct model *now = &model[page];
    char *byte = arena + page * PAGE_SIZE + 100, taken;
    int may_read = now->mapped && (now->prot & PROT_READ);
    int may_write = now->mapped && (now->prot & PROT_WRITE);

    if ((write(worker->ends[1], byte, 1) == 1) != may_read)
        fail("a read by the kernel", page, !may_read, (unsigned long)may_read);
    if (!may_read)
        need(write(worker->ends[1], "", 1) == 1, "a pipe");
    if ((read(worker->ends[0], byte, 1) == 1) != may_write)
        fail("a write by the kernel", page, !may_write, (unsigned long)may_write);
    if (!may_write)
        need(read(worker->ends[0], &taken, 1) == 1, "a pipe");
}

static void check_content(int page)
{
    const struct model *now = &model[page];

    if (!now->mapped || !(now->prot & PROT_READ))
        return;
    if (*first_word(page) != now->content)
        fail("its first word", page, *first_word(page), now->content);
    if (*last_word(page) != now->content)
        fail("its last word", page, *last_word(page), now->content);
}

static void touch(struct worker *worker, int from, int to)
{
    for (int page = from; page < to; page++) {
        struct model *now = &model[page];

        check_content(page);
        if (!now->mapped || !(now->prot & PROT_WRITE) || draw(worker, 3) == 0)
            continue;
        now->content = worker->state | 1;
        *first_word(page) = now->content;
        *last_word(page) = now->content;
    }
}

static int draw_prot(struct worker *worker)
{
    static const int kinds[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_WRITE};

    return kinds[draw(worker, 4)];
}

static void map_range(struct worker *worker, int from, int to)
{
    char *at = arena + from * PAGE_SIZE;
    int prot = draw_prot(worker);
    int flags = MAP_ANONYMOUS | MAP_FIXED | (draw(worker, 8) == 0 ? MAP_SHARED : MAP_PRIVATE);

    if (draw(worker, 8) == 0)
        flags |= MAP_POPULATE;
    need(mmap(at, (size_t)(to - from) * PAGE_SIZE, prot, flags, -1, 0) == at, "mmap");
    for (int page = from; page < to; page++) {
        model[page].mapped = 1;
        model[page].prot = prot;
        model[page].content = 0;
    }
}

static void unmap_range(int from, int to)
{
    need(munmap(arena + from * PAGE_SIZE, (size_t)(to - from) * PAGE_SIZE) == 0, "munmap");
    for (int page = from; page < to; page++)
        model[page].mapped = 0;
}

/* The run of mapped pages that begins at from, so far as it goes. */
static int mapped_run(int from, int to)
{
    int end = from;

    while (end < to && model[end].mapped)
        end++;
    return end;
}

static void protect_range(struct worker *worker, int from, int to)
{
    int end = mapped_run(from, to), prot = draw_prot(worker);

    if (end == from)
        return;
    need(mprotect(arena + from * PAGE_SIZE, (size_t)(end - from) * PAGE_SIZE, prot) == 0,
         "mprotect");
    for (int page = from; page < end; page++)
        model[page].prot = prot;
}

static void operate(struct worker *worker)
{
    int from = (int)draw(worker, PAGES);
    int to = from + 1 + (int)draw(worker, RANGE_MAX);

    if (to > PAGES)
        to = PAGES;
    for (int page = from; page < to; page++)
        mutex_lock(&model[page].mutex);
    switch (draw(worker, 16)) {
    case 0:
    case 1:
        map_range(worker, from, to);
        break;
    case 2:
        unmap_range(from, to);
        break;
    case 3:
    case 4:
    case 5:
        protect_range(worker, from, to);
        break;
    case 6:
        check_access(worker, from);
        break;
    default:
        touch(worker, from, to);
    }
    for (int page = from; page < to; page++)
        mutex_unlock(&model[page].mutex);
}

static void work(void *argument)
{
    struct worker *worker = argument;

    barrier_wait(&beginning); /* a stack that is still to be mapped might get a hole of the arena */
    for (long i = 1; i <= worker->operations; i++) {
        operate(worker);
        if (worker == workers && i % PROGRESS == 0)
            printf("vmstress: about %ld done\n", i * THREADS);
    }
}

static unsigned long number(int argc, char **argv, int index, unsigned long otherwise)
{
    if (argc <= index)
        return otherwise;
    return (unsigned long)number_or_die("vmstress", argv[index], 0, LONG_MAX);
}

int main(int argc, char **argv)
{
    long operations = (long)number(argc, argv, 1, OPERATIONS);

    seed = number(argc, argv, 2, (unsigned long)getpid() * 7919 + (unsigned long)uptime());
    printf("vmstress: %ld operations by %d threads, seed %lu\n", operations, THREADS, seed);
    arena = mmap(NULL, PAGES * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(arena != MAP_FAILED, "mmap of the arena");
    for (int page = 0; page < PAGES; page++)
        model[page].mapped = 1;
    barrier_init(&beginning, THREADS);
    for (int i = 0; i < THREADS; i++) {
        workers[i].state = seed * 0x9e3779b97f4a7c15ul + (unsigned long)i;
        workers[i].operations = operations / THREADS;
        need(pipe(workers[i].ends) == 0, "pipe");
        need(thread_spawn(&workers[i].thread, work, &workers[i]) == 0, "thread_spawn");
    }
    for (int i = 0; i < THREADS; i++)
        need(thread_wait(&workers[i].thread) == 0, "thread_wait");
    for (int page = 0; page < PAGES; page++) {
        check_access(&workers[0], page);
        check_content(page);
    }
    printf("vmstress: all as it should be\n");
    return 0;
}
