/*
 * Paging while others work: threads of one process under a limit that is far too small for them, so
 * that at any moment some page is being written, another read, and a third is looked for.
 */
#include "paging.h"
#include "threads.h"

#define WORKERS 4
#define ROUNDS 60ul
#define BURST 200ul /* stores to a page before the next one */
#define PAGES 32ul
#define WRITES 12ul
#define WRITERS 24

static char *area;
static volatile int stop;
static struct vm_stats before, after;

/* Each has a word of its own on every page, and all add to a common one. */
static void count_in_pages(void *index)
{
    for (unsigned long round = 0; round < ROUNDS; round++)
        for (unsigned long i = 0; i < PAGES; i++) {
            unsigned long *words = (unsigned long *)(area + i * PAGE_BYTES);

            for (unsigned long j = 0; j < BURST; j++)
                *(volatile unsigned long *)&words[1 + (unsigned long)index] += 1;
            __atomic_fetch_add(&words[0], BURST, __ATOMIC_RELAXED);
        }
}

static void expect_counts(void)
{
    for (unsigned long i = 0; i < PAGES; i++) {
        unsigned long *words = (unsigned long *)(area + i * PAGE_BYTES);

        expect_equal(words[0], WORKERS * ROUNDS * BURST);
        for (int j = 1; j <= WORKERS; j++)
            expect_equal(words[j], ROUNDS * BURST);
    }
}

/* A store by one hart while another evicts the page is in the page that comes back. */
static void no_store_is_lost(void)
{
    need_swap(4 * REGION);
    area = map(PAGES, RW, MAP_PRIVATE);
    hold_self();
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0);
    own_stats(&before);
    in_threads(WORKERS, count_in_pages);
    own_stats(&after);
    expect_counts();
    expect(after.pgout - before.pgout > ROUNDS);
}

static void verify_area(void *unused)
{
    (void)unused;
    verify_pages(area, REGION, 1);
}

/* Threads that want the same page at the same time: one of them reads it. */
static void same_page_is_read_once(void)
{
    area = swapped_pages(REGION, 1);
    read_stats(&before);
    in_threads(WORKERS, verify_area);
    read_stats(&after);
    expect(after.pgin - before.pgin <= REGION + 16); /* their own pages, those of others */
    expect_equal(count_present(area, REGION), REGION);
}

static void store_round_and_round(void *unused)
{
    (void)unused;
    for (unsigned i = 1; !stop; i++)
        for (unsigned long j = 0; j < REGION && !stop; j++)
            *(volatile unsigned long *)(area + j * PAGE_BYTES) = i;
}

/* Never more than a step apart, as the thread stores in order: a moment of the parent. */
static void see_one_moment(long unused)
{
    unsigned long last = *(unsigned long *)area;

    (void)unused;
    for (unsigned long i = 1; i < REGION; i++) {
        unsigned long here = *(unsigned long *)(area + i * PAGE_BYTES);

        expect(here == last || here + 1 == last);
        last = here;
    }
    for (unsigned long i = 0; i < REGION; i++)
        *(unsigned long *)(area + i * PAGE_BYTES) = 0;
}

/* fork of pages that are on their way out or in. */
static void fork_while_paging(void)
{
    struct thread thread;

    need_swap(4 * REGION);
    area = map(REGION, RW, MAP_PRIVATE);
    expect_equal(memlimit(QUOTA, -1), 0);
    start(&thread, store_round_and_round, 0);
    for (int i = 0; i < 25; i++)
        join(spawn(see_one_moment, 0));
    stop = 1;
    finish(&thread);
    see_one_moment(0);
}

static void fill_for_ever(void *index)
{
    char *mine = map(REGION, RW, MAP_PRIVATE);

    for (unsigned i = 0; !stop; i++) {
        fill_pages(mine, REGION, (unsigned)(long)index + i);
        verify_pages(mine, REGION, (unsigned)(long)index + i);
    }
}

static void page_for_ever(long unused)
{
    (void)unused;
    expect_equal(memlimit(QUOTA, -1) >= 0, 1);
    in_threads(WORKERS, fill_for_ever);
}

/* A process that dies, whatever its threads are waiting for, leaves no slot and no frame. */
static void exit_while_paging(void)
{
    unsigned long without = pages_in_swap();

    need_swap(5 * REGION);
    for (int i = 0; i < 12; i++) {
        int pid = spawn(page_for_ever, 0);

        sleep(1 + i % 3);
        kill(pid);
        expect_equal(wait_for(pid), STATUS_KILLED);
    }
    expect_in_swap(without);
}

static void exec_true(void *unused)
{
    char *argv[] = {"true", NULL};

    (void)unused;
    sleep(2);
    exec("/true", argv);
    exit(STATUS_FAILED);
}

static void page_then_exec(long unused)
{
    struct thread thread;

    (void)unused;
    expect_equal(memlimit(QUOTA, -1), 0);
    start(&thread, exec_true, 0);
    in_threads(WORKERS, fill_for_ever);
}

static void exec_while_paging(void)
{
    unsigned long without = pages_in_swap();

    need_swap(5 * REGION);
    for (int i = 0; i < 8; i++)
        join(spawn(page_then_exec, 0));
    expect_in_swap(without);
}

/* Acts of one thread on pages that another one keeps going out and coming in. */
static void unmap_and_map(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 150; i++) {
        char *part = area + i % 8 * 8 * PAGE_BYTES;

        switch (i % 4) {
        case 0:
            expect(map_at(part, 8, RW, MAP_PRIVATE | MAP_FIXED) == part);
            break;
        case 1:
            expect_equal(madvise(part, 8 * PAGE_BYTES, MADV_DONTNEED), 0);
            break;
        case 2:
            protect(part, 8, PROT_READ); /* nobody stores there at the moment, see below */
            protect(part, 8, RW);
            break;
        default:
            expect_equal(msync(part, 8 * PAGE_BYTES, MS_SYNC), 0);
        }
    }
    stop = 1;
}

/* What is read is what was stored, or zero once the page was replaced. */
static void look_round_and_round(void *unused)
{
    (void)unused;
    while (!stop)
        for (unsigned long i = 0; i < REGION && !stop; i++) {
            unsigned long *words = (unsigned long *)(area + i * PAGE_BYTES);

            for (unsigned long j = 0; j < 512; j += 73)
                expect(words[j] == 0 || words[j] == i * 512 + j + 1);
        }
}

static void act_while_paging(void)
{
    struct thread looker, actor;

    need_swap(4 * REGION);
    area = map(REGION, RW, MAP_PRIVATE);
    expect_equal(memlimit(QUOTA, -1), 0);
    for (unsigned long i = 0; i < REGION * 512; i++)
        ((unsigned long *)area)[i] = i + 1;
    own_stats(&before);
    start(&looker, look_round_and_round, 0);
    start(&actor, unmap_and_map, 0);
    finish(&actor);
    finish(&looker);
    own_stats(&after);
    expect(after.refault > before.refault);
}

/*
 * Each write of a whole page comes from two pages, which others push out at any moment: also
 * between the write's bringing them in and its copying from them.
 */
static void write_while_paging(void)
{
    static struct thread crowd[WORKERS];
    char *source = map(WRITES + 1, RW, MAP_PRIVATE);
    int file = open("written", O_CREATE | O_RDWR);

    need_swap(4 * REGION);
    area = map(REGION, RW, MAP_PRIVATE);
    fill_pages(source, WRITES + 1, 1);
    hold_self();
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0);
    for (int i = 0; i < WORKERS; i++)
        start(&crowd[i], store_round_and_round, 0);
    for (unsigned long i = 0; i < WRITES; i++)
        expect_equal(write(file, source + i * PAGE_BYTES + 8, PAGE_BYTES), PAGE_BYTES);
    stop = 1;
    for (int i = 0; i < WORKERS; i++)
        finish(&crowd[i]);
    fill_pages(source, WRITES + 1, 2);
    expect_equal(lseek(file, 0, SEEK_SET), 0);
    expect_equal(read(file, source + 8, WRITES * PAGE_BYTES), WRITES * PAGE_BYTES);
    fill_pages(area, 1, 1);
    memcpy(source, area, 8);
    fill_pages(area, 1, WRITES + 1);
    memcpy(source + WRITES * PAGE_BYTES + 8, area + 8, PAGE_BYTES - 8);
    verify_pages(source, WRITES + 1, 1);
}

static void write_again_and_again(void *index)
{
    const char *source = area + (unsigned long)index * 2 * WRITES * PAGE_BYTES + 8;
    char name[] = "writtenA";
    int file;

    name[7] = (char)(name[7] + (long)index);
    file = open(name, O_CREATE | O_RDWR);
    for (unsigned long i = 0; i < WRITES; i++)
        expect_equal(write(file, source + 2 * i * PAGE_BYTES, PAGE_BYTES), PAGE_BYTES);
    close(file);
}

/*
 * Writers whose sources are in swap, with frames for a sixth of them. A write keeps what it brought
 * in until it has copied it: else one page would have gone again when the other has come, and one
 * read of each would not do. (Seen by this where harts are several; on one they seldom meet.)
 */
static void writers_get_on(void)
{
    need_swap(2 * WRITES * WRITERS);
    area = map(2 * WRITES * WRITERS, RW, MAP_PRIVATE);
    hold_self();
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0);
    fill_pages(area, 2 * WRITES * WRITERS, 1);
    own_stats(&before);
    in_threads(WRITERS, write_again_and_again);
    own_stats(&after);
    expect(after.pgin - before.pgin <= 2 * WRITES * WRITERS * 5 / 4);
    verify_pages(area, 2 * WRITES * WRITERS, 1);
}

#define COPY_ROUNDS 150
#define LAST_WORD (PAGE_BYTES / sizeof(unsigned) - 1)

static volatile unsigned *word; /* of the page: the first one, and the last */
static int to_thread[2], to_child[2], back[2];

static void store_into_copy(void *unused)
{
    (void)unused;
    for (unsigned round = 1; round <= COPY_ROUNDS; round++) {
        listen(to_thread[0]);
        tell(back[1]);
        sink = (char)word[0]; /* the entry is marked as used, as it will be when it is back */
        word[LAST_WORD] = round;
        tell(back[1]);
    }
}

/* Shares the page until it is told to have one of its own. */
static void share_page(long round)
{
    expect(memlimit(0, -1) > 0);
    expect_equal(word[0], round - 1);
    tell(back[1]);
    listen(to_child[0]);
    word[1] = 1;
    tell(back[1]);
}

static void touch_another(void)
{
    static unsigned long next;

    area[next++ % REGION * PAGE_BYTES]++;
}

static void push_word_out(void)
{
    while (is_present((const char *)word))
        touch_another();
}

/*
 * One thread's store has to copy a page that fork shares. Meanwhile the page becomes its process's
 * alone, another thread stores into it, and it goes to swap and comes back: the entry is what it
 * was, and the content is not.
 */
static void copy_of_what_came_back(void)
{
    struct thread thread;

    need_swap(4 * REGION);
    expect(pipe(to_thread) == 0 && pipe(to_child) == 0 && pipe(back) == 0);
    word = (unsigned *)(void *)map(1, RW, MAP_PRIVATE);
    area = map(REGION, RW, MAP_PRIVATE);
    word[0] = 0;
    hold_self();
    start(&thread, store_into_copy, 0);
    expect_equal(memlimit(QUOTA_MIN, POLICY_FIFO), 0);
    for (int round = 1; round <= COPY_ROUNDS; round++) {
        push_word_out();
        expect_equal(word[0], round - 1); /* it is back, for reading ... */
        for (unsigned i = 0; i < QUOTA_MIN - 3; i++)
            touch_another(); /* ... and soon the next to go */
        int pid = spawn(share_page, round);

        listen(back[0]);
        tell(to_thread[1]);
        listen(back[0]);
        for (int i = 0; i < 20; i++)
            sleep(0); /* its fault begins */
        tell(to_child[1]);
        listen(back[0]); /* from either: the other one may be copying */
        word[0] = (unsigned)round;
        push_word_out();
        expect_equal(word[0], round);
        listen(back[0]);
        join(pid);
        expect_equal(word[0], round);
        expect_equal(word[LAST_WORD], round);
        expect_equal(word[1], 0); /* the child's */
    }
    finish(&thread);
}

#define FEW 20ul /* pages, some of them out: swapoff may be done before a fault that saw a slot */

static void verify_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        verify_pages(area, FEW, 1);
}

static void page_in_threads(long unused)
{
    (void)unused;
    area = map(FEW, RW, MAP_PRIVATE);
    fill_pages(area, FEW, 1);
    in_threads(WORKERS, verify_for_ever);
}

/*
 * Swap is given up, and taken again later, while threads have seen the number of a slot and are not
 * done with it: by then there is no such slot, or one with another's page.
 */
static void swap_goes_under_faults(void)
{
    need_swap(4 * REGION);
    expect(memlimit(QUOTA, POLICY_FIFO) >= 0); /* for the children */
    for (int i = 0; i < 16; i++) {
        int pid = spawn(page_in_threads, 0);

        sleep(1);
        expect_equal(swapoff("swap"), 0);
        sleep(1 + i % 3);
        expect_equal(swapon("swap"), 0);
        kill(pid);
        expect_equal(wait_for(pid), STATUS_KILLED);
    }
}

/* vmstress has a model of every page of its arena; here a tenth of them has a frame. */
static void model_under_quota(void)
{
    char *argv[] = {"limit", "40", "vmstress", "4000", "7", NULL};
    int pid;

    need_swap(1024);
    pid = fork();
    if (pid == 0) {
        close(1);
        open("said", O_CREATE | O_WRONLY);
        exec("/limit", argv);
        exit(STATUS_FAILED);
    }
    join(pid);
}

const struct test swap_race_tests[] = {
    {"no_store_is_lost_by_eviction", no_store_is_lost, QUICK},
    {"same_page_is_read_once", same_page_is_read_once, QUICK},
    {"fork_while_paging", fork_while_paging, QUICK},
    {"exit_while_paging", exit_while_paging, QUICK},
    {"exec_while_paging", exec_while_paging, QUICK},
    {"act_while_paging", act_while_paging, QUICK},
    {"write_while_paging", write_while_paging, QUICK},
    {"writers_get_on", writers_get_on, QUICK},
    {"copy_of_what_came_back", copy_of_what_came_back, QUICK},
    {"swap_goes_under_faults", swap_goes_under_faults, QUICK},
    {"model_under_quota", model_under_quota, QUICK},
    {NULL, NULL, QUICK},
};
