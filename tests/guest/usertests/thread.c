/* Threads: their beginning and end, what they share, and what of each is its own. */
#include "threads.h"

#define ALL 0x7fffffff
#define SMALL_STACK 4096

static int order[THREADS]; /* what the threads of a test leave behind */
static int word, never;
static int ends[2];
static char stacks[THREADS][SMALL_STACK] __attribute__((aligned(16)));

void start(struct thread *thread, void (*function)(void *), long argument)
{
    expect_equal(thread_spawn(thread, function, (void *)argument), 0);
}

void finish(struct thread *thread)
{
    expect_equal(thread_wait(thread), 0);
}

void in_threads(int count, void (*function)(void *))
{
    static struct thread threads[64];

    for (int i = 0; i < count; i++)
        start(&threads[i], function, i);
    for (int i = 0; i < count; i++)
        finish(&threads[i]);
}

/* A thread on a small stack, past the library. */
static int bare(void (*function)(void *), long argument)
{
    return thread_create(function, (void *)argument, stacks[argument] + SMALL_STACK);
}

static void leave_mark(void *index)
{
    order[(long)index] = (int)(long)index + 100;
}

static void leave_mark_and_call(void *index)
{
    leave_mark(index);
    thread_exit();
}

static void thread_runs(void)
{
    for (long i = 0; i < THREADS; i++) {
        int number = bare(i % 2 ? leave_mark : leave_mark_and_call, i);

        expect(number > 0);
        expect_equal(thread_join(number), 0);
        expect_equal(order[i], i + 100);
        expect_error(thread_join(number), ESRCH);
    }
}

static void spin_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        sink++;
}

static void sleep_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        sleep(1000000);
}

static void wait_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        futex_wait(&never, 0);
}

static void read_for_ever(void *unused)
{
    char byte;

    (void)unused;
    for (;;)
        read(ends[0], &byte, 1);
}

static void call_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        getpid();
}

static void map_for_ever(void *unused)
{
    (void)unused;
    for (;;) {
        char *at = mmap(NULL, 8 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);

        for (unsigned long i = 0; at != MAP_FAILED && i < 8 * PAGE_BYTES; i += PAGE_BYTES)
            at[i] = 1;
        munmap(at, 8 * PAGE_BYTES);
    }
}

static void create_for_ever(void *unused)
{
    struct thread thread;

    (void)unused;
    for (;;)
        if (thread_spawn(&thread, leave_mark, (void *)1) == 0)
            thread_wait(&thread);
}

static void fork_for_ever(void *unused)
{
    (void)unused;
    for (;;) {
        if (fork() == 0)
            exit(0);
        wait(NULL);
    }
}

void start_every_kind(void)
{
    static void (*const kinds[])(void *) = {
        spin_for_ever, sleep_for_ever, wait_for_ever,   read_for_ever,
        call_for_ever, map_for_ever,   create_for_ever, fork_for_ever,
    };
    static struct thread threads[sizeof(kinds) / sizeof(kinds[0])];

    expect(pipe(ends) == 0);
    for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
        start(&threads[i], kinds[i], 0);
}

static void join_first(void *error)
{
    int result = thread_join(getpid());

    word = result < 0 ? errno : 0;
    (void)error;
}

static void exit_at_the_end_of_all(void *unused)
{
    join_first(unused);
    exit(word == 0 ? 33 : 34);
}

/* The first thread is like all others: it may leave, and be joined. */
static void first_may_leave(void)
{
    int pid = fork();

    if (pid == 0) {
        bare(exit_at_the_end_of_all, 1);
        thread_exit();
    }
    expect_equal(wait_for(pid), 33);
}

static void last_to_leave(void)
{
    int pid = fork();

    if (pid == 0) {
        for (long i = 0; i < THREADS; i++)
            bare(leave_mark, i);
        thread_exit();
    }
    expect_equal(wait_for(pid), 0);
}

static void join_it(void *number)
{
    expect_equal(thread_join((int)(long)number), 0);
}

static void wait_for_word(void *unused)
{
    (void)unused;
    while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0)
        futex_wait(&word, 0);
}

static void set_word(int value)
{
    __atomic_store_n(&word, value, __ATOMIC_RELEASE);
    futex_wake(&word, ALL);
}

static void thread_sleep_long(long unused)
{
    (void)unused;
    start_every_kind();
    sleep(1000000);
}

static void join_errors(void)
{
    struct thread waiter;
    int number, pid;

    expect_error(thread_join(getpid()), EDEADLK);
    expect_error(thread_join(getppid()), ESRCH);
    expect_error(thread_join(0), ESRCH);
    expect_error(thread_join(-1), ESRCH);
    pid = spawn(thread_sleep_long, 0);
    for (int i = -3; i < 20; i++) /* its threads have numbers near its own */
        if (pid + i != getpid())
            expect_error(thread_join(pid + i), ESRCH);
    expect(kill(pid) == 0);
    expect_equal(wait_for(pid), STATUS_KILLED);

    number = bare(wait_for_word, 0);
    expect(number > 0);
    start(&waiter, join_it, number);
    sleep(2);
    expect_error(thread_join(number), EINVAL);
    set_word(1);
    finish(&waiter);
    expect_error(thread_join(number), ESRCH);
}

static void use_all(void *fd)
{
    char byte = 0;

    expect_equal(read((int)(long)fd, &byte, 1), 1);
    expect_equal(byte, 'x');
    expect(close((int)(long)fd) == 0);
    expect(chdir("below") == 0);
    make_file("made", 1, 1);
    expect(grow(PAGE_BYTES) != NULL);
}

static void threads_share_all(void)
{
    struct thread thread;
    char *end = sbrk(0);
    int fd;

    write_file("one", "x", 1);
    fd = open("one", O_RDONLY);
    expect(mkdir("below") == 0);
    start(&thread, use_all, fd);
    finish(&thread);
    expect_error(read(fd, block, 1), EBADF);
    verify_file("made", 1, 1);
    expect(chdir("..") == 0);
    verify_file("below/made", 1, 1);
    expect(sbrk(0) >= end + PAGE_BYTES);
}

static struct barrier barrier;

/* errno of a thread is its own, whatever the others' calls say. */
static void fail_in_its_own_way(void *index)
{
    for (int i = 0; i < 300; i++)
        if ((long)index % 2)
            expect_error(close(-1), EBADF);
        else
            expect_error(kill(0x7fffffff), ESRCH);
}

static void errno_is_its_own(void)
{
    in_threads(THREADS, fail_in_its_own_way);
}

/* A sum whose rounding differs for each index, in registers that every switch has to keep. */
static void add_up(void *index)
{
    double sum = 0, step = 1.0 / (3.0 + (double)(long)index), again = 0;

    for (int i = 0; i < 20000; i++)
        sum += step * (double)i;
    for (int i = 0; i < 20000; i++) {
        again += step * (double)i;
        if (i % 1000 == 0)
            getpid();
    }
    expect(sum == again && sum > 0);
}

static void floats_are_its_own(void)
{
    need_floating_point();
    in_threads(THREADS, add_up);
}

static void open_and_close(void *index)
{
    unsigned seed = (unsigned)(long)index;
    char byte;

    for (int i = 0; i < 400; i++) {
        int fd = 3 + (int)(next_random(&seed) % 8);

        switch (next_random(&seed) % 5) {
        case 0:
            open("one", O_RDONLY);
            break;
        case 1:
            dup(fd);
            break;
        case 2:
        case 3:
            close(fd);
            break;
        default:
            if (lseek(fd, 0, SEEK_SET) == 0 && read(fd, &byte, 1) == 1)
                expect_equal(byte, 'x');
        }
    }
}

/* In a child: descriptors of the test, the one of its report among them, are closed too. */
static void descriptors_at_once_child(long unused)
{
    (void)unused;
    in_threads(THREADS, open_and_close);
}

static volatile bool over;

static void make_bad_pipes(void *unused)
{
    (void)unused;
    while (!over)
        expect_error(pipe(NULL), EFAULT);
}

/* Its descriptors are closed meanwhile, and their numbers are another file's when it fails. */
static void failing_pipe_closes_its_own(void)
{
    struct thread thread;
    struct stat stat;

    write_file("one", "x", 1);
    int file = open("one", O_RDONLY), next = file + 1;

    expect(file >= 0);
    start(&thread, make_bad_pipes, 0);
    for (int i = 0; i < 3000; i++) {
        close(next);
        int own = dup(file);

        for (int look = 0; look < 10; look++)
            expect(fstat(own, &stat) == 0);
        expect(close(own) == 0);
    }
    over = true;
    finish(&thread);
}

static void descriptors_at_once(void)
{
    write_file("one", "x", 1);
    join(spawn(descriptors_at_once_child, 0));
}

static void move_about(void *index)
{
    for (int i = 0; i < 100; i++) {
        expect(chdir((long)index % 2 ? "below" : "..") == 0 || errno == ENOENT);
        open("nothing", O_RDONLY);
    }
}

static void chdir_at_once_child(long unused)
{
    (void)unused;
    expect(chdir("a/b/c/d") == 0);
    in_threads(THREADS, move_about);
}

static void chdir_at_once(void)
{
    expect(mkdir("a") == 0 && mkdir("a/b") == 0 && mkdir("a/b/c") == 0 && mkdir("a/b/c/d") == 0);
    join(spawn(chdir_at_once_child, 0));
}

static void kill_threads(void)
{
    for (int i = 0; i < 5; i++) {
        int pid = spawn(thread_sleep_long, 0);

        sleep(i);
        expect(kill(pid) == 0);
        expect_equal(wait_for(pid), STATUS_KILLED);
    }
}

static void exit_threads_child(long pause)
{
    start_every_kind();
    sleep((int)pause);
    exit(7);
}

static void exit_ends_all(void)
{
    for (int i = 0; i < 5; i++)
        expect_equal(wait_for(spawn(exit_threads_child, i)), 7);
}

static void exit_with(void *index)
{
    barrier_wait(&barrier);
    exit(10 + (int)(long)index);
}

static void exits_at_once(void)
{
    for (int i = 0; i < 20; i++) {
        int pid = fork(), status;

        if (pid == 0) {
            barrier_init(&barrier, THREADS);
            in_threads(THREADS, exit_with);
        }
        status = wait_for(pid);
        expect(status >= 10 && status < 10 + THREADS);
    }
}

static char *const exec_vector[] = {"sh", "-c", "exit 5", NULL};

static void exec_now(void *unused)
{
    (void)unused;
    if (exec("/sh", exec_vector) < 0)
        expect(errno == EINTR);
}

static void exec_threads_child(long pause)
{
    start_every_kind();
    sleep((int)pause);
    exec_now(NULL);
}

static void exec_ends_all(void)
{
    for (int i = 0; i < 5; i++)
        expect_equal(wait_for(spawn(exec_threads_child, i)), 5);
}

static void exec_together(void *unused)
{
    barrier_wait(&barrier);
    exec_now(unused);
}

/* Not the first thread but whichever; the program it becomes has the process's number. */
static void execs_at_once(void)
{
    for (int i = 0; i < 10; i++) {
        int pid = fork();

        if (pid == 0) {
            barrier_init(&barrier, THREADS);
            in_threads(THREADS, exec_together);
        }
        expect_equal(wait_for(pid), 5);
    }
}

static void exec_fails(void *unused)
{
    (void)unused;
    expect_error(exec("nothing", exec_vector), ENOENT);
}

static void failed_exec_harms_nobody(void)
{
    in_threads(THREADS, exec_fails);
}

static void fork_in_thread(void *other)
{
    double kept = (double)(long)other / 7.0;
    int pid = fork();

    if (pid == 0) {
        expect(kept == (double)(long)other / 7.0);
        expect_error(thread_join((int)(long)other), ESRCH);
        expect_error(thread_join(getpid()), EDEADLK); /* it is the first thread there */
        in_threads(2, leave_mark);
        expect(order[1] == 101);
        exit(0);
    }
    expect(pid > 0);
    join(pid);
}

static void fork_copies_the_caller(void)
{
    struct thread idle, forking;

    need_floating_point();
    start(&idle, wait_for_word, 0);
    start(&forking, fork_in_thread, idle.number);
    finish(&forking);
    set_word(1);
    finish(&idle);
}

static void fork_and_wait(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10; i++) {
        int status = 1, pid = fork();

        if (pid == 0)
            exit(0);
        expect(pid > 0);
        expect(wait(&status) > 0); /* perhaps another one's */
        expect_equal(status, 0);
    }
}

static void forks_at_once(void)
{
    in_threads(4, fork_and_wait);
    expect_error(wait(NULL), ECHILD);
}

static void wait_once(void *unused)
{
    int status = 0;

    (void)unused;
    if (wait(&status) < 0)
        expect_equal(errno, ECHILD);
    else
        __atomic_fetch_add(&word, 1, __ATOMIC_RELAXED);
}

static void sleep_some(long ticks)
{
    sleep((int)ticks);
}

/* The child is waited for once, and who waits in vain is told. */
static void waits_at_once(void)
{
    spawn(sleep_some, 3);
    in_threads(4, wait_once);
    expect_equal(word, 1);
}

static void store_nowhere(void *unused)
{
    (void)unused;
    sleep(1);
    *(volatile char *)0x7000000000 = 1;
}

static void thread_fault_child(long unused)
{
    (void)unused;
    start_every_kind();
    store_nowhere(NULL);
}

static void fault_in_thread_child(long unused)
{
    struct thread thread;

    (void)unused;
    start(&thread, store_nowhere, 0);
    sleep(1000000);
}

static void fault_kills_all(void)
{
    expect_killed(thread_fault_child, 0);
    expect_killed(fault_in_thread_child, 0);
}

static void bad_begin(long stack)
{
    thread_create((void (*)(void *))(stack ? (long)wait_for_word : -4096l), NULL, (char *)stack);
    sleep(1000000);
}

/* Bad addresses for code and stack are the thread's own affair: it faults there. */
static void bad_beginnings(void)
{
    expect_killed(bad_begin, 0);
    expect_killed(bad_begin, 16);
    expect_killed(bad_begin, -16);
    expect_killed(bad_begin, 1l << 62);
}

/* Until they are refused; a process can be made all the same. */
static void too_many_threads(void)
{
    static int numbers[MAX_THREADS + 1];
    int count = 0;

    while (count <= MAX_THREADS && (numbers[count] = bare(wait_for_word, 0)) > 0)
        count++; /* all on one stack: they only read, and call */
    expect(errno == EAGAIN || errno == ENOMEM);
    expect(count <= MAX_THREADS);
    if (errno == EAGAIN)
        join(spawn(sleep_some, 0));
    set_word(1);
    for (int i = 0; i < count; i++)
        expect_equal(thread_join(numbers[i]), 0);
}

static void many_lives(void)
{
    for (int i = 0; i < 100; i++)
        in_threads(4, leave_mark);
}

/* Threads that nobody joined go with their process. */
static void unjoined_child(long unused)
{
    (void)unused;
    for (long i = 0; i < THREADS; i++)
        expect(bare(leave_mark, i) > 0);
    sleep(1);
    exit(3);
}

static void unjoined_go_too(void)
{
    expect_equal(wait_for(spawn(unjoined_child, 0)), 3);
}

const struct test thread_tests[] = {
    {"thread_runs", thread_runs, QUICK},
    {"first_may_leave", first_may_leave, QUICK},
    {"last_to_leave", last_to_leave, QUICK},
    {"join_errors", join_errors, QUICK},
    {"threads_share_all", threads_share_all, QUICK},
    {"errno_is_its_own", errno_is_its_own, QUICK},
    {"floats_are_its_own", floats_are_its_own, QUICK},
    {"descriptors_at_once", descriptors_at_once, QUICK},
    {"failing_pipe_closes_its_own", failing_pipe_closes_its_own, QUICK},
    {"chdir_at_once", chdir_at_once, QUICK},
    {"kill_threads", kill_threads, QUICK},
    {"exit_ends_all", exit_ends_all, QUICK},
    {"exits_at_once", exits_at_once, QUICK},
    {"exec_ends_all", exec_ends_all, QUICK},
    {"execs_at_once", execs_at_once, QUICK},
    {"failed_exec_harms_nobody", failed_exec_harms_nobody, QUICK},
    {"fork_copies_the_caller", fork_copies_the_caller, QUICK},
    {"forks_at_once", forks_at_once, QUICK},
    {"waits_at_once", waits_at_once, QUICK},
    {"fault_kills_all", fault_kills_all, QUICK},
    {"bad_beginnings", bad_beginnings, QUICK},
    {"too_many_threads", too_many_threads, QUICK},
    {"many_lives", many_lives, QUICK},
    {"unjoined_go_too", unjoined_go_too, QUICK},
    {NULL, NULL, QUICK},
};
