/*
 * swapfill [PROCESSES [MIB]]: more memory than there is, with a content that tells whose it is, for
 * the host to find in the swap image (tests/reader). Each word of a page is the pid that wrote it,
 * and above its address: see word_at.
 *
 * Each process fills memory of its own, and forks a child that rewrites every seventh page; then
 * the parent looks at every fifth and rewrites every eleventh as it was. An area that all share was
 * written by the first process. So there are slots that two processes name, slots that shared
 * memory names, pages that are in memory and in a slot, and unreserved ones. The program says where
 * all of it is, and waits until the host changes a word; then everybody finds all as it was.
 */
#include "user.h"

#define PROCESSES_MOST 8
#define WORDS (PAGE_SIZE / sizeof(uint64_t))
#define CHILDS_STEP 7
#define READ_STEP 5
#define REWRITE_STEP 11

/* One process's memory; parent: who wrote what it did not, or 0. */
struct told {
    int pid, parent;
    uint64_t *start;
};

static struct control { /* in a page that is locked, and shared */
    uint64_t go;
    int ready;
    struct told told[2 * PROCESSES_MOST];
} *control;

static unsigned long pages, shared_pages;
static uint64_t *shared;
static int first_pid;

static uint64_t *map(unsigned long bytes, int flags)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        die("swapfill", "mmap");
    return at;
}

static uint64_t word_at(int writer, const uint64_t *word)
{
    return (uint64_t)writer << 40 | (uint64_t)word;
}

static void store(uint64_t *page, int writer)
{
    for (unsigned long i = 0; i < WORDS; i++)
        page[i] = word_at(writer, &page[i]);
}

static int is_as_stored(const uint64_t *page, int writer)
{
    for (unsigned long i = 0; i < WORDS; i++)
        if (page[i] != word_at(writer, &page[i]))
            return 0;
    return 1;
}

static int writer_of(const struct told *mine, unsigned long page)
{
    return mine->parent && page % CHILDS_STEP != 0 ? mine->parent : mine->pid;
}

/* Says that all is there, waits for the host, looks at everything: nonzero where it changed. */
static int wait_and_verify(const struct told *mine)
{
    int damage = 0;

    __atomic_fetch_add(&control->ready, 1, __ATOMIC_ACQ_REL);
    while (!__atomic_load_n(&control->go, __ATOMIC_ACQUIRE))
        pause(1);
    for (unsigned long i = 0; i < pages; i++)
        damage += !is_as_stored(mine->start + i * WORDS, writer_of(mine, i));
    for (unsigned long i = 0; i < shared_pages; i++)
        damage += !is_as_stored(shared + i * WORDS, first_pid);
    if (damage)
        printf("swapfill: pid %d: %d pages are damaged\n", mine->pid, damage);
    return damage != 0;
}

static int child(int number, uint64_t *start, int parent)
{
    struct told *mine = &control->told[2 * number + 1];

    *mine = (struct told){getpid(), parent, start};
    for (unsigned long i = 0; i < pages; i += CHILDS_STEP)
        store(start + i * WORDS, mine->pid);
    return wait_and_verify(mine);
}

static int work(int number)
{
    struct told *mine = &control->told[2 * number];
    uint64_t *start = map(pages * PAGE_SIZE, MAP_PRIVATE | (number == 0 ? MAP_NORESERVE : 0));
    int pid, status;

    *mine = (struct told){getpid(), 0, start};
    for (unsigned long i = 0; i < pages; i++)
        store(start + i * WORDS, mine->pid);
    pid = fork();
    if (pid < 0)
        die("swapfill", "fork");
    if (pid == 0)
        return child(number, start, mine->pid);
    for (unsigned long i = 0; i < pages; i++) {
        if (i % READ_STEP == 0 && !is_as_stored(start + i * WORDS, mine->pid))
            die("swapfill", "a page is not as it was");
        if (i % REWRITE_STEP == 0)
            store(start + i * WORDS, mine->pid);
    }
    return wait_and_verify(mine) || wait(&status) < 0 || status != 0;
}

static void tell(int processes)
{
    while (__atomic_load_n(&control->ready, __ATOMIC_ACQUIRE) < 2 * processes)
        pause(1);
    for (int i = 0; i < 2 * processes; i++)
        printf("swapfill: pid %d parent %d start %p pages %lu\n", control->told[i].pid,
               control->told[i].parent, control->told[i].start, pages);
    printf("swapfill: shared by %d start %p pages %lu go %p\n", first_pid, shared, shared_pages,
           &control->go);
    printf("swapfill: waiting\n");
}

int main(int argc, char *argv[])
{
    long processes = argc > 1 ? number_or_die("swapfill", argv[1], 1, PROCESSES_MOST) : 3;
    long mib = argc > 2 ? number_or_die("swapfill", argv[2], 1, INT_MAX) : 48;
    int status, failures = 0;

    if (argc > 3) {
        fprintf(STDERR, "usage: swapfill [PROCESSES [MIB]]\n");
        return 2;
    }
    first_pid = getpid();
    pages = mib * 256 / (unsigned long)processes * 7 / 8;
    shared_pages = mib * 256 / 8;
    control = (struct control *)map(sizeof(*control), MAP_SHARED);
    if (mlock(control, sizeof(*control)) < 0)
        die("swapfill", "mlock");
    shared = map(shared_pages * PAGE_SIZE, MAP_SHARED);
    for (unsigned long i = 0; i < shared_pages; i++)
        store(shared + i * WORDS, first_pid);
    for (int i = 0; i < processes; i++) {
        int pid = fork();

        if (pid < 0)
            die("swapfill", "fork");
        if (pid == 0)
            return work(i);
    }
    tell(processes);
    for (int i = 0; i < processes; i++)
        failures += wait(&status) < 0 || status != 0;
    return failures != 0;
}
