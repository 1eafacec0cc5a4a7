/* futex calls, and the mutex, condition and barrier that the user library builds on them. */
#include "threads.h"

#define ALL 0x7fffffff

static int word, woken;
static struct mutex mutex;
static struct condition condition;
static struct barrier barrier;
static long count;

static void futex_errors(void)
{
    static const long places[] = {
        0xffffffff80200000, 0xffffffc000000000, 1l << 62,    -4,
        1l << 38,           (1l << 38) - 4,     0x7000000000,
    };
    char *page = grow(PAGE_BYTES);
    int *end = (int *)(page + PAGE_BYTES);

    for (int i = 0; i < (int)(sizeof(places) / sizeof(places[0])); i++) {
        expect_error(futex_wait((int *)places[i], 0), EFAULT);
        expect_error(futex_wake((int *)places[i], 1), EFAULT);
    }
    for (int i = 1; i < 4; i++) {
        expect_error(futex_wait((int *)((char *)&word + i), 0), EINVAL);
        expect_error(futex_wake((int *)((char *)&word + i), 1), EINVAL);
    }
    expect_error(futex_wait(end, 0), EFAULT);
    expect_error(futex_wait(&word, 1), EAGAIN);
    expect_error(futex_wait(end - 1, 1), EAGAIN); /* a page that was never touched */
    expect_equal(futex_wake(&word, ALL), 0);
    expect_equal(futex_wake(&word, 0), 0);
    expect_equal(futex_wake(&word, -1), 0);
    page = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED);
    expect_error(futex_wait((int *)page, 0), EFAULT);
    expect(munmap(page, PAGE_BYTES) == 0);
    expect_error(futex_wait((int *)page, 0), EFAULT);
    expect_error(futex_wake((int *)page, 1), EFAULT);
}

static void sleep_on_word(void *address)
{
    while (futex_wait(address, 0) != 0)
        expect_equal(errno, EINTR);
    __atomic_fetch_add(&woken, 1, __ATOMIC_RELAXED);
}

/* Until so many have been woken: each wake finds as many sleepers as it says. */
static void wake_in_all(int *address, int at_most, int wanted)
{
    for (int total = 0; total < wanted; sleep(1)) {
        int now = futex_wake(address, at_most);

        expect(now >= 0 && now <= at_most);
        total += now;
        expect(total <= wanted);
    }
}

static void futex_wakes_as_many(void)
{
    struct thread threads[5];
    int elsewhere = 0;

    for (int i = 0; i < 5; i++)
        start(&threads[i], sleep_on_word, (long)&word);
    sleep(3);
    expect_equal(futex_wake(&elsewhere, ALL), 0);
    wake_in_all(&word, 2, 5);
    for (int i = 0; i < 5; i++)
        finish(&threads[i]);
    expect_equal(woken, 5);
    expect_equal(futex_wake(&word, ALL), 0);
}

static void sleep_in_child(long address)
{
    sleep_on_word((int *)address);
}

/* A word of shared memory is one wherever it is mapped; a private one is not the parent's. */
static void futex_between_processes(void)
{
    char *shared = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
    int *at = (int *)(shared + PAGE_BYTES + 8), pid;

    expect(shared != MAP_FAILED);
    pid = spawn(sleep_in_child, (long)at);
    sleep(2);
    expect_equal(futex_wake((int *)(shared + 8), ALL), 0);
    wake_in_all(at, 1, 1);
    join(pid);
    pid = spawn(sleep_in_child, (long)&word);
    sleep(2);
    expect_equal(futex_wake(&word, ALL), 0);
    expect(kill(pid) == 0);
    expect_equal(wait_for(pid), STATUS_KILLED);
}

static int *shared;

static void sleep_and_count(long unused)
{
    (void)unused;
    sleep_on_word(shared);
    __atomic_fetch_add(&shared[1], 1, __ATOMIC_RELAXED);
}

/* Does one more come to be counted, in a time that is long for a wake-up? */
static bool counts_to(int wanted)
{
    for (int look = 0; look < 20; look++, sleep(1))
        if (__atomic_load_n(&shared[1], __ATOMIC_RELAXED) == wanted)
            return true;
    return false;
}

/*
 * A wake-up that meets somebody who is just being killed is the next one's. A process that sleeps
 * may do so on the way to the word: then there is no next one, and the wake-up is lost, seldom.
 */
static void dying_do_not_take_wakes(void)
{
    int lost = 0;

    shared = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(shared != MAP_FAILED);
    for (int i = 1; i <= 50; i++) {
        int first = spawn(sleep_and_count, 0), second, status;

        wait_to_see(first, NULL, 'S');
        second = spawn(sleep_and_count, 0);
        wait_to_see(second, NULL, 'S');
        expect(kill(first) == 0);
        while (futex_wake(shared, 1) == 0)
            sleep(1);
        for (; !counts_to(i); lost++)
            futex_wake(shared, 1);
        for (int left = 2; left > 0; left--)
            expect_equal(wait(&status) == first ? STATUS_KILLED : 0, status);
        expect(lost <= 10);
    }
}

static void map_and_sleep(long unused)
{
    int fd = open("words", O_RDWR);
    char *hint = (char *)0x2000000000;
    char *at = mmap(hint, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, PAGE_BYTES);

    (void)unused;
    expect(at == hint);
    sleep_on_word(at + 12);
}

static void futex_in_a_file(void)
{
    char *at;
    int fd, pid;

    write_file("words", block, 2 * PAGE_BYTES);
    fd = open("words", O_RDWR);
    at = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(at != MAP_FAILED);
    pid = spawn(map_and_sleep, 0);
    wake_in_all((int *)(at + PAGE_BYTES + 12), 1, 1);
    join(pid);
}

/* A page of a new file without a name, or of shared memory. */
static int *new_page(bool of_file)
{
    int fd = of_file ? open("page", O_CREATE | O_RDWR) : -1;
    void *page;

    expect(!of_file || ftruncate(fd, PAGE_BYTES) == 0);
    page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
                of_file ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, fd, 0);
    expect(page != MAP_FAILED);
    expect(!of_file || (close(fd) == 0 && unlink("page") == 0));
    return page;
}

/* Sleepers whose memory was unmapped take no wake-up that is meant for others' new memory. */
static void sleepers_on_gone_memory(void)
{
    struct thread threads[2];
    int *gone[2];

    for (int i = 0; i < 2; i++) {
        new_page(i); /* stays, and with it the frame in which the kernel keeps both */
        gone[i] = new_page(i);
        start(&threads[i], sleep_on_word, (long)gone[i]);
    }
    sleep(3);
    for (int i = 0; i < 2; i++)
        expect(munmap(gone[i], PAGE_BYTES) == 0);
    drop_caches();
    for (int i = 0; i < 24; i++) { /* all stay: one of them gets the old place */
        int *page = new_page(i % 2);
        int pid = spawn(sleep_in_child, (long)page);

        wake_in_all(page, 1, 1);
        expect_equal(woken, 0);
        join(pid);
    }
}

static void increment(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3000; i++) {
        mutex_lock(&mutex);
        count++;
        mutex_unlock(&mutex);
    }
}

static void mutex_excludes(void)
{
    in_threads(THREADS, increment);
    expect_equal(count, 3000 * THREADS);
    expect_equal(mutex_try(&mutex), 0);
    expect_equal(mutex_try(&mutex), -1);
    mutex_unlock(&mutex);
}

struct shared_counter {
    struct mutex mutex;
    long count;
};

static void increment_shared(long address)
{
    struct shared_counter *shared = (struct shared_counter *)address;

    for (int i = 0; i < 3000; i++) {
        mutex_lock(&shared->mutex);
        shared->count++;
        mutex_unlock(&shared->mutex);
    }
}

static void mutex_between_processes(void)
{
    struct shared_counter *shared = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 4; i++)
        spawn(increment_shared, (long)shared);
    join_all(4, 0);
    expect_equal(shared->count, 4 * 3000);
}

/* Of each pair one waits for what the other makes. */
static void produce_or_consume(void *index)
{
    for (int i = 0; i < 500; i++) {
        mutex_lock(&mutex);
        if ((long)index % 2) {
            count++;
            condition_signal(&condition);
        } else {
            while (count == 0)
                condition_wait(&condition, &mutex);
            count--;
        }
        mutex_unlock(&mutex);
    }
}

static void condition_tells(void)
{
    in_threads(THREADS, produce_or_consume);
    expect_equal(count, 0);
}

static void wait_for_all(void *unused)
{
    (void)unused;
    mutex_lock(&mutex);
    if (++count == THREADS)
        condition_broadcast(&condition);
    while (count < THREADS)
        condition_wait(&condition, &mutex);
    mutex_unlock(&mutex);
}

static void condition_tells_all(void)
{
    for (int i = 0; i < 20; i++) {
        count = 0;
        in_threads(THREADS, wait_for_all);
    }
}

static long rounds[THREADS];

static void go_in_step(void *index)
{
    for (int round = 1; round <= 200; round++) {
        rounds[(long)index] = round;
        barrier_wait(&barrier);
        for (int i = 0; i < THREADS; i++)
            expect(__atomic_load_n(&rounds[i], __ATOMIC_RELAXED) == round);
        barrier_wait(&barrier);
    }
}

static void barrier_keeps_step(void)
{
    barrier_init(&barrier, THREADS);
    in_threads(THREADS, go_in_step);
}

static void allocate(void *index)
{
    static char *kept[THREADS][16];
    unsigned seed = (unsigned)(long)index + 1;

    for (int i = 0; i < 1000; i++) {
        char **slot = &kept[(long)index][next_random(&seed) % 16];
        unsigned bytes = 16 + next_random(&seed) % 500;

        if (*slot != NULL)
            expect(filled(*slot, 16, (unsigned)(long)index));
        free(*slot);
        *slot = malloc(bytes);
        expect(*slot != NULL);
        fill(*slot, 16, (unsigned)(long)index);
    }
}

static void malloc_at_once(void)
{
    in_threads(THREADS, allocate);
}

static volatile bool over;

static void allocate_on(void *unused)
{
    (void)unused;
    while (!over)
        free(malloc(100));
}

static void allocate_in_child(long unused)
{
    char *memory = malloc(1000);

    (void)unused;
    expect(memory != NULL);
    free(memory);
}

/* Whatever another thread was about when its process forked, the child's heap is whole and free. */
static void malloc_after_fork(void)
{
    struct thread thread;

    start(&thread, allocate_on, 0);
    for (int i = 0; i < 200; i++)
        join(spawn(allocate_in_child, 0));
    over = true;
    finish(&thread);
}

const struct test futex_tests[] = {
    {"futex_errors", futex_errors, QUICK},
    {"futex_wakes_as_many", futex_wakes_as_many, QUICK},
    {"futex_between_processes", futex_between_processes, QUICK},
    {"dying_do_not_take_wakes", dying_do_not_take_wakes, QUICK},
    {"futex_in_a_file", futex_in_a_file, QUICK},
    {"sleepers_on_gone_memory", sleepers_on_gone_memory, QUICK},
    {"mutex_excludes", mutex_excludes, QUICK},
    {"mutex_between_processes", mutex_between_processes, QUICK},
    {"condition_tells", condition_tells, QUICK},
    {"condition_tells_all", condition_tells_all, QUICK},
    {"barrier_keeps_step", barrier_keeps_step, QUICK},
    {"malloc_at_once", malloc_at_once, QUICK},
    {"malloc_after_fork", malloc_after_fork, QUICK},
    {NULL, NULL, QUICK},
};
