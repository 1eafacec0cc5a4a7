/* One address space, several threads in it: faults, mappings and the break at the same time. */
#include "threads.h"

#define PAGES 512ul
#define BYTES (PAGES * PAGE_BYTES)

static char *area;
static struct barrier barrier;

static char *map_area(unsigned long bytes)
{
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(at != MAP_FAILED);
    return at;
}

static void touch_own_pages(void *index)
{
    for (unsigned long i = (unsigned long)index; i < PAGES; i += THREADS)
        fill(area + i * PAGE_BYTES, 64, (unsigned)i);
}

static void faults_at_once(void)
{
    area = map_area(BYTES);
    in_threads(THREADS, touch_own_pages);
    for (unsigned long i = 0; i < PAGES; i++) {
        expect(filled(area + i * PAGE_BYTES, 64, (unsigned)i));
        expect(area[i * PAGE_BYTES + 64] == 0);
    }
}

/* All write a word of the same page at the same time: none may write to a page that goes. */
static void touch_every_page(void *index)
{
    for (unsigned long i = 0; i < PAGES; i++) {
        volatile unsigned long *words = (volatile unsigned long *)(area + i * PAGE_BYTES);

        if (i % 16 == 0)
            barrier_wait(&barrier);
        if (words[(long)index] != 0)
            exit(STATUS_FAILED);
        words[(long)index] = i + (unsigned long)index + 1;
    }
}

static void verify_every_page(void)
{
    for (unsigned long i = 0; i < PAGES; i++)
        for (unsigned long j = 0; j < THREADS; j++)
            expect_equal(((unsigned long *)(area + i * PAGE_BYTES))[j], i + j + 1);
}

static void same_page_at_once(void)
{
    area = map_area(BYTES);
    for (unsigned long i = 0; i < BYTES; i += 2 * PAGE_BYTES)
        sink = area[i]; /* half of them show the zero page */
    barrier_init(&barrier, THREADS);
    in_threads(THREADS, touch_every_page);
    verify_every_page();
}

static void copies_child(long unused)
{
    (void)unused;
    barrier_init(&barrier, THREADS);
    in_threads(THREADS, touch_every_page);
    verify_every_page();
}

static void copies_at_once(void)
{
    area = map_area(BYTES);
    memset(area, 0, BYTES);
    int pid = spawn(copies_child, 0);

    copies_child(0);
    join(pid);
}

#define DROPPED 16ul

/* Some store, and the first takes the pages away meanwhile: what is there is new, or one's own. */
static void store_or_drop(void *index)
{
    for (unsigned long round = 1; round <= 20000; round++) {
        volatile unsigned long *word =
            (volatile unsigned long *)(area + round % DROPPED * PAGE_BYTES) + (long)index;

        if ((long)index == 0) {
            if (madvise(area, DROPPED * PAGE_BYTES, MADV_DONTNEED) != 0)
                exit(STATUS_FAILED);
        } else {
            *word = round;
            if (*word != round && *word != 0)
                exit(STATUS_FAILED);
        }
    }
}

static void drops_at_once(void)
{
    area = map_area(DROPPED * PAGE_BYTES);
    in_threads(THREADS, store_or_drop);
}

static void read_file_page(void *index)
{
    for (unsigned long i = 0; i < 64; i++) {
        unsigned long page = (i * 7 + (unsigned long)index * 8) % 64;

        expect(filled(area + page * PAGE_BYTES, 512, 1 + (unsigned)page));
    }
}

static void file_faults_at_once(void)
{
    int fd;

    make_file("file", 64 * PAGE_BYTES, 1);
    drop_caches();
    fd = open("file", O_RDONLY);
    area = mmap(NULL, 64 * PAGE_BYTES, PROT_READ, MAP_PRIVATE, fd, 0);
    expect(area != MAP_FAILED);
    in_threads(THREADS, read_file_page);
}

static void map_and_unmap(void *index)
{
    for (unsigned i = 0; i < 150; i++) {
        unsigned seed = i * THREADS + (unsigned)(long)index;
        char *at = map_area(5 * PAGE_BYTES);

        for (unsigned long j = 0; j < 5; j++)
            fill(at + j * PAGE_BYTES, 64, seed);
        expect(munmap(at + 2 * PAGE_BYTES, PAGE_BYTES) == 0);
        expect(mprotect(at, PAGE_BYTES, PROT_READ) == 0);
        expect(filled(at, 64, seed) && filled(at + 4 * PAGE_BYTES, 64, seed));
        expect(munmap(at, 5 * PAGE_BYTES) == 0);
    }
}

static void maps_at_once(void)
{
    in_threads(THREADS, map_and_unmap);
}

static void move_break(void *index)
{
    (void)index;
    for (int i = 0; i < 200; i++) {
        char *old = sbrk(PAGE_BYTES);

        expect(old != SBRK_ERROR);
        old[0] = 1; /* nobody else gets it */
        expect(old[PAGE_BYTES - 1] == 0);
    }
}

static void breaks_at_once(void)
{
    char *before = sbrk(0);

    in_threads(4, move_break);
    expect_equal(sbrk(0) - before - 4 * 200 * (long)PAGE_BYTES, 0);
    expect(sbrk(-4 * 200 * (int)PAGE_BYTES) != SBRK_ERROR);
}

static void load_for_ever(void *address)
{
    for (;;)
        sink = *(volatile char *)address;
}

static void store_for_ever(void *address)
{
    for (;;)
        *(volatile char *)address = 1;
}

/* The other thread uses the page all the time, perhaps on another hart: it must notice. */
static void unmap_child(long stores)
{
    struct thread thread;
    char *at = map_area(PAGE_BYTES);

    at[0] = 1;
    start(&thread, stores ? store_for_ever : load_for_ever, (long)at);
    sleep(2);
    expect(munmap(at, PAGE_BYTES) == 0);
    sleep(1000000);
}

static void protect_child(long stores)
{
    struct thread thread;
    char *at = map_area(PAGE_BYTES);

    at[0] = 1;
    start(&thread, stores ? store_for_ever : load_for_ever, (long)at);
    sleep(2);
    expect(mprotect(at, PAGE_BYTES, stores ? PROT_READ : PROT_NONE) == 0);
    sleep(1000000);
}

static void shrink_child(long stores)
{
    struct thread thread;
    char *at = grow(2 * PAGE_BYTES) + PAGE_BYTES;

    start(&thread, stores ? store_for_ever : load_for_ever, (long)at);
    sleep(2);
    expect(sbrk(-2 * (int)PAGE_BYTES) != SBRK_ERROR);
    sleep(1000000);
}

static void others_notice(void)
{
    for (long stores = 0; stores < 2; stores++) {
        expect_killed(unmap_child, stores);
        expect_killed(protect_child, stores);
        expect_killed(shrink_child, stores);
    }
}

static volatile long stop;
static volatile unsigned long *counter;

static void count_up(void *unused)
{
    (void)unused;
    while (!stop)
        (*counter)++;
}

/* The child sees the counter as it was at one moment, whatever the parent's other thread stores. */
static void fork_while_writing(void)
{
    struct thread thread;

    counter = (unsigned long *)map_area(PAGE_BYTES);
    start(&thread, count_up, 0);
    for (int i = 0; i < 50; i++) {
        int pid = fork();

        if (pid == 0) {
            unsigned long seen = *counter;

            for (int j = 0; j < 1000; j++)
                if (*counter != seen)
                    exit(1);
            exit(0);
        }
        expect(pid > 0);
        join(pid);
    }
    stop = 1;
    finish(&thread);
}

/* A call's buffer is taken away while the kernel copies: the bytes up to there, or all. */
static void read_into_moving(void *unused)
{
    (void)unused;
    for (int i = 0; i < 200; i++) {
        int fd = open("file", O_RDONLY);
        long got = read(fd, area, 8 * PAGE_BYTES);

        expect(got == 8 * (long)PAGE_BYTES || got == 3 * (long)PAGE_BYTES);
        expect(close(fd) == 0);
    }
    stop = 1;
}

static void buffers_that_move(void)
{
    struct thread thread;

    make_file("file", 8 * PAGE_BYTES, 1);
    area = map_area(8 * PAGE_BYTES);
    start(&thread, read_into_moving, 0);
    while (!stop) {
        expect(munmap(area + 3 * PAGE_BYTES, PAGE_BYTES) == 0);
        expect(mmap(area + 3 * PAGE_BYTES, PAGE_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area + 3 * PAGE_BYTES);
    }
    finish(&thread);
}

static void go_down(void *unused)
{
    volatile char *at = __builtin_frame_address(0);

    (void)unused;
    for (unsigned long i = 0; i < 2 * THREAD_STACK_BYTES; i += 512)
        at[-(long)i] = 1;
}

static void overrun(long unused)
{
    struct thread thread;

    (void)unused;
    map_area(4 * THREAD_STACK_BYTES); /* it may lie above or below the stack */
    start(&thread, go_down, 0);
    map_area(4 * THREAD_STACK_BYTES);
    finish(&thread);
}

static void guard_below_a_stack(void)
{
    expect_killed(overrun, 0);
}

const struct test thread_memory_tests[] = {
    {"faults_at_once", faults_at_once, QUICK},
    {"same_page_at_once", same_page_at_once, QUICK},
    {"copies_at_once", copies_at_once, QUICK},
    {"drops_at_once", drops_at_once, QUICK},
    {"file_faults_at_once", file_faults_at_once, QUICK},
    {"maps_at_once", maps_at_once, QUICK},
    {"breaks_at_once", breaks_at_once, QUICK},
    {"others_notice", others_notice, QUICK},
    {"fork_while_writing", fork_while_writing, QUICK},
    {"buffers_that_move", buffers_that_move, QUICK},
    {"guard_below_a_stack", guard_below_a_stack, QUICK},
    {NULL, NULL, QUICK},
};
