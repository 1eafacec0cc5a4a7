/*
 * Calls that would go on for hours, because their caller chose the length. Whoever makes one can be
 * killed, and is not waited for in vain by a thread that execs or exits; and nobody who shares a
 * lock with others that want it all the time waits longer than they do. Nor does input of any depth
 * bring down what reads it.
 */
#include "threads.h"

#include "abi/mman.h"

#define HUGE (1ul << 37)         /* 128 GiB */
#define SPARSE (4095ul * MIB)    /* a file of holes */
#define PATIENCE 50              /* ticks; a tenth of a second is right, where nothing else runs */
#define ROUNDS 200
#define TURNS 1000               /* of others, for each of ours: where it is in order, a few */

/* Just before the call that is meant. */
static long kill_after; /* so many instructions after its beginning, if not 0 */
static volatile unsigned long *kill_time;

static void ready(void)
{
    if (kill_after == 0)
        return;
    call(SYS_vmstat, kill_after, 0, VMSTAT_KILL, 0, 0, 0);
    *kill_time = time_now() + (unsigned long)kill_after / INSTRUCTIONS_PER_TICK;
}

static char *map_huge(int prot, int flags)
{
    char *at = mmap(NULL, HUGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

    expect(at != MAP_FAILED);
    return at;
}

static int open_sparse(void)
{
    int fd = open("sparse", O_CREATE | O_RDWR);

    expect(fd >= 0 && ftruncate(fd, SPARSE) == 0);
    return fd;
}

/* A large range of addresses that all show the same 4 MiB of a file, so that it can be written. */
static char *map_window(unsigned long bytes)
{
    const unsigned long piece = 4 * MIB;
    int fd = open("window", O_CREATE | O_RDWR);
    char *at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    expect(fd >= 0 && ftruncate(fd, (long)piece) == 0 && at != MAP_FAILED);
    for (unsigned long done = 0; done < bytes; done += piece)
        expect(mmap(at + done, piece, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
               at + done);
    return at;
}

static void want_memory(void)
{
    char *at = map_huge(PROT_READ | PROT_WRITE, 0);

    ready();
    madvise(at, HUGE, MADV_WILLNEED);
}

static void want_file(void)
{
    int fd = open_sparse();

    char *at = mmap(NULL, SPARSE, PROT_READ, MAP_PRIVATE, fd, 0);

    do {
        ready();
        madvise(at, SPARSE, MADV_WILLNEED);
    } while (kill_after == 0);
}

static void populate_memory(void)
{
    ready();
    map_huge(PROT_READ, MAP_POPULATE);
}

static void populate_file(void)
{
    int fd = open_sparse();

    ready();
    mmap(NULL, SPARSE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
}

static void ask_what_is_present(void)
{
    char *at = map_huge(PROT_READ, 0);

    char *present = map_window(HUGE / PAGE_BYTES);

    ready();
    mincore(at, HUGE, (unsigned char *)present);
}

static void read_holes(void)
{
    char *to = map_window(1024 * MIB);

    int fd = open_sparse();

    ready();
    read(fd, to, 1024 * MIB);
}

static void write_zeros_to_pipe(void)
{
    char *from = map_huge(PROT_READ, 0);
    int ends[2];

    expect(pipe(ends) == 0);
    if (fork() == 0) {
        close(ends[1]);
        while (read(ends[0], block, sizeof(block)) > 0)
            continue;
        exit(0);
    }
    ready();
    write(ends[1], from, HUGE / 2);
}

/* Each area is a file to be synced, and each time the disk is asked to flush. */
static void sync_many_areas(void)
{
    char *at = map_window(4096 * MIB);

    do {
        ready();
        msync(at, 4096 * MIB, MS_SYNC);
    } while (kill_after == 0);
}

/* The shortest of a few, in ticks of the clock. */
static unsigned long munlock_time(char *at, unsigned long bytes)
{
    unsigned long least = -1ul;

    for (int round = 0; round < 10; round++) {
        unsigned long start = time_now(), used;

        expect_equal(munlock(at, bytes), 0);
        used = time_now() - start;
        least = used < least ? used : least;
    }
    return least;
}

/* It holds a spinlock for as long as it looks at pages; of those there may be any number. */
static void munlock_of_unlocked(void)
{
    const unsigned long bytes = 128 * MIB;
    char *at = map_window(bytes);
    unsigned long empty = munlock_time(at, bytes), full;

    for (unsigned long done = 0; done < bytes; done += PAGE_BYTES)
        (void)*(volatile char *)(at + done);
    full = munlock_time(at, bytes);
    fprintf(1, "# %lu ticks of the clock without pages, %lu with\n", empty, full);
    expect(full < 10 * empty + 10);
}

static const struct {
    const char *name;
    void (*make)(void);
} long_call[] = {
    {"madvise WILLNEED of memory", want_memory},
    {"madvise WILLNEED of a file", want_file},
    {"mmap POPULATE of memory", populate_memory},
    {"mmap POPULATE of a file", populate_file},
    {"mincore", ask_what_is_present},
    {"read", read_holes},
    {"write", write_zeros_to_pipe},
    {"msync", sync_many_areas},
};
#define LONG_CALLS (long)(sizeof(long_call) / sizeof(long_call[0]))

static void make_call(long which)
{
    long_call[which].make();
}

static bool has_ended(int pid)
{
    int count = procinfo(process_rows, MAX_PROCESSES);

    for (int i = 0; i < count; i++)
        if (process_rows[i].pid == pid)
            return process_rows[i].state == 'Z';
    return true;
}

static void expect_gone_soon(int pid, const char *what)
{
    int start = uptime();

    while (!has_ended(pid)) {
        if (uptime() - start > PATIENCE)
            fail("%s: the process is still there", what);
        sleep(1);
    }
    wait_for(pid);
}

static void kill_in_long_calls(void)
{
    for (long which = 0; which < LONG_CALLS; which++) {
        int pid = spawn(make_call, which);

        sleep(2);
        if (has_ended(pid))
            fail("%s: it ended by itself", long_call[which].name);
        expect(kill(pid) == 0);
        expect_gone_soon(pid, long_call[which].name);
    }
}

static void call_in_thread(void *which)
{
    long_call[(long)which].make();
}

/* The main thread leaves by exit or exec while another one is in such a call. */
static void leave_long_call(long how)
{
    char *argv[] = {"true", NULL};
    struct thread thread;

    start(&thread, call_in_thread, how % LONG_CALLS);
    sleep(1);
    if (how >= LONG_CALLS)
        exec("/true", argv);
    exit(0);
}

static void siblings_leave_long_calls(void)
{
    for (long how = 0; how < 2 * LONG_CALLS; how++)
        expect_gone_soon(spawn(leave_long_call, how), long_call[how % LONG_CALLS].name);
}

/* Calls of some length that end by themselves, and calls that wait. */
static char *resident(unsigned long bytes)
{
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(at != MAP_FAILED);
    for (unsigned long i = 0; i < bytes; i += PAGE_BYTES)
        at[i] = 1;
    return at;
}

static int big_file(void)
{
    char *from = mmap(NULL, 4 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int fd = open("big", O_CREATE | O_RDWR);

    expect(fd >= 0 && write(fd, from, 4 * MIB) == (long)(4 * MIB));
    return fd;
}

static void write_file_of_zeros(void)
{
    char *from = map_huge(PROT_READ, 0);
    int fd = open("out", O_CREATE | O_WRONLY | O_TRUNC);

    ready();
    write(fd, from, 8 * MIB);
}

static void sync_file(void)
{
    int fd = big_file();

    ready();
    fsync(fd);
}

static void sync_all(void)
{
    big_file();
    ready();
    sync();
}

static void shrink_file(void)
{
    int fd = big_file();

    expect(fsync(fd) == 0);
    ready();
    ftruncate(fd, 100);
}

static void remove_file(void)
{
    int fd = big_file();

    expect(fsync(fd) == 0 && close(fd) == 0);
    ready();
    unlink("big");
}

static void empty_file(void)
{
    expect(fsync(big_file()) == 0);
    ready();
    open("big", O_RDWR | O_TRUNC);
}

static void make_directory(void)
{
    ready();
    mkdir("new");
}

static void fork_large(void)
{
    resident(2 * MIB);
    ready();
    if (fork() == 0)
        exit(0);
}

static void exec_another(void)
{
    char *argv[] = {"true", NULL};

    ready();
    exec("/true", argv);
}

static void unmap_large(void)
{
    char *at = resident(2 * MIB);

    ready();
    munmap(at, 2 * MIB);
}

static void protect_large(void)
{
    char *at = resident(2 * MIB);

    ready();
    mprotect(at, 2 * MIB, PROT_NONE);
}

static void lock_memory(void)
{
    char *at = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ready();
    mlock(at, MIB);
}

static void drop_large(void)
{
    char *at = resident(2 * MIB);

    ready();
    madvise(at, 2 * MIB, MADV_DONTNEED);
}

static void limit_memory(void)
{
    resident(MIB);
    ready();
    memlimit(8, POLICY_FIFO);
}

static void drop_all_caches(void)
{
    struct vm_stats stats;

    ready();
    vmstat(0, &stats, VMSTAT_DROP);
}

static void wait_for_nothing(void)
{
    int ends[2];
    char byte;

    expect(pipe(ends) == 0);
    ready();
    read(ends[0], &byte, 1);
}

static void wait_for_time(void)
{
    ready();
    sleep(10);
}

/* The child ends when its parent does, or its parent's end of the pipe. */
static void wait_for_child(void)
{
    int ends[2];
    char byte;

    expect(pipe(ends) == 0);
    if (fork() == 0) {
        close(ends[1]);
        read(ends[0], &byte, 1);
        exit(0);
    }
    ready();
    wait(NULL);
}

static void wait_for_word(void)
{
    static int word;

    ready();
    futex_wait(&word, 0);
}

static void sleep_on(void *ticks)
{
    sleep((int)(long)ticks);
}

static void wait_for_thread(void)
{
    struct thread thread;

    start(&thread, sleep_on, 1000000);
    ready();
    finish(&thread);
}

/* Half of its pages are in swap, where there is one. */
static void give_up_swap(void)
{
    memlimit(256, POLICY_FIFO);
    resident(2 * MIB);
    ready();
    swapoff("swap");
}

static const struct {
    const char *name;
    void (*make)(void);
} short_call[] = {
    {"write into a file", write_file_of_zeros},
    {"fsync", sync_file},
    {"sync", sync_all},
    {"ftruncate", shrink_file},
    {"unlink", remove_file},
    {"open O_TRUNC", empty_file},
    {"mkdir", make_directory},
    {"fork", fork_large},
    {"exec", exec_another},
    {"munmap", unmap_large},
    {"mprotect", protect_large},
    {"mlock", lock_memory},
    {"madvise DONTNEED", drop_large},
    {"memlimit", limit_memory},
    {"vmstat DROP", drop_all_caches},
    {"read of an empty pipe", wait_for_nothing},
    {"sleep", wait_for_time},
    {"wait", wait_for_child},
    {"futex_wait", wait_for_word},
    {"thread_join", wait_for_thread},
    {"swapoff", give_up_swap},
};
#define SHORT_CALLS (long)(sizeof(short_call) / sizeof(short_call[0]))

static void call_to_be_killed(long which)
{
    if (which < LONG_CALLS)
        long_call[which].make();
    else
        short_call[which - LONG_CALLS].make();
}

static void remove_files(void)
{
    static const char *const names[] = {"sparse", "window", "big", "out", "new"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(names[i]);
}

/* Each call, killed so many instructions after it began: it is gone soon, and leaves nothing. */
static int kill_in_each_call(long instructions, bool is_exact)
{
    const unsigned long soon = 100000000 / INSTRUCTIONS_PER_TICK * (is_exact ? 1 : 100);
    int killed = 0;

    for (long which = 0; which < LONG_CALLS + SHORT_CALLS; which++) {
        const char *name = which < LONG_CALLS ? long_call[which].name
                                              : short_call[which - LONG_CALLS].name;
        struct ledger before, after;
        unsigned long late;
        int status;

        remove_files();
        ledger_begin(&before);
        kill_after = instructions;
        *kill_time = 0;
        status = wait_for(spawn(call_to_be_killed, which));
        late = time_now() - *kill_time;
        kill_after = 0;
        killed += status == STATUS_KILLED;
        if (status != 0 && status != STATUS_KILLED)
            fail("%s, after %ld instructions: status %d", name, instructions, status);
        if (status == STATUS_KILLED && late > soon)
            fail("%s, after %ld instructions: gone %lu ticks later", name, instructions, late);
        remove_files();
        swapon("swap"); /* it may have gone */
        if (!ledger_settles(&before, &after)) {
            ledger_print(&before, &after);
            fail("%s, after %ld instructions: the ledger changed", name, instructions);
        }
    }
    return killed;
}

static void kill_at_points(int first, int step)
{
    bool is_exact = clock_counts_instructions();
    int killed = 0;

    if (call(SYS_vmstat, 0, 0, VMSTAT_KILL, 0, 0, 0) != 0)
        skip("calls are killed at a point only with SAN=1");
    kill_time = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(kill_time != MAP_FAILED);
    *kill_time = 0;
    for (int point = 0; point < 32; point++) {
        long instructions = 2000;

        for (int i = 0; i < point; i++)
            instructions += instructions * 2 / 5;
        if (point % step == first)
            killed += kill_in_each_call(instructions, is_exact);
    }
    fprintf(1, "# %d killed, by %s\n", killed, is_exact ? "the count of instructions" : "time");
    expect(killed > LONG_CALLS);
}

static void kill_at_some_points(void)
{
    kill_at_points(9, 16);
}

static void kill_at_many_points(void)
{
    kill_at_points(0, 1);
}

/* Threads that want the same thing all the time, and how often they got it. */
#define RIVALS 4
static char *shared_area;
static volatile bool over;
static volatile unsigned long rival_turns[RIVALS];

static void protect_always(void *index)
{
    char *own = shared_area + (1 + (unsigned long)index) * 8 * PAGE_BYTES;

    while (!over) {
        mprotect(own, PAGE_BYTES, PROT_READ);
        mprotect(own, PAGE_BYTES, PROT_READ | PROT_WRITE);
        rival_turns[(long)index]++;
    }
}

static void look_always(void *index)
{
    unsigned char present;

    while (!over) {
        mincore(shared_area + (unsigned long)index * PAGE_BYTES, PAGE_BYTES, &present);
        rival_turns[(long)index]++;
    }
}

/* The first keeps the file busy, so that it is long from when a page is brought in to its use. */
static void drop_or_read_always(void *index)
{
    int fd = open("source", O_RDONLY);

    while (!over && index == NULL) {
        expect(lseek(fd, 0, SEEK_SET) == 0);
        expect_equal(read(fd, other, sizeof(other)), sizeof(other));
        rival_turns[0]++;
    }
    while (!over) {
        madvise(shared_area, 2 * PAGE_BYTES, MADV_DONTNEED);
        rival_turns[(long)index]++;
    }
}

static void among_rivals(void (*rival)(void *), void (*own)(void), int rounds)
{
    struct thread thread[RIVALS];
    unsigned long turns = 0;

    shared_area = mmap(NULL, 64 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    expect(shared_area != MAP_FAILED);
    over = false;
    for (int i = 0; i < RIVALS; i++)
        start(&thread[i], rival, i);
    for (int i = 0; i < RIVALS; i++)
        while (rival_turns[i] == 0)
            sleep(0);
    for (int i = 0; i < RIVALS; i++)
        turns -= rival_turns[i];
    for (int i = 0; i < rounds; i++)
        own();
    for (int i = 0; i < RIVALS; i++)
        turns += rival_turns[i];
    over = true;
    for (int i = 0; i < RIVALS; i++)
        finish(&thread[i]);
    if (turns > TURNS * (unsigned long)rounds)
        fail("others had %lu turns while it had %d", turns, rounds);
}

static void own_look(void)
{
    unsigned char present;

    expect(mincore(shared_area, PAGE_BYTES, &present) == 0);
}

/* A change for which no other hart has to be asked, which would take its time. */
static void own_change(void)
{
    expect(madvise(shared_area, 64 * PAGE_BYTES, MADV_NORMAL) == 0);
}

static int source;

/* The page is brought in at most twice: the second time it is copied to at once. */
static void own_read(void)
{
    struct vm_stats before, after;

    expect(lseek(source, 0, SEEK_SET) == 0);
    expect_equal(vmstat(getpid(), &before, 0), 0);
    expect_equal(read(source, shared_area, PAGE_BYTES), PAGE_BYTES);
    expect_equal(vmstat(getpid(), &after, 0), 0);
    expect(after.fault_zero - before.fault_zero <= 2);
}

static void readers_have_their_turn(void)
{
    among_rivals(protect_always, own_look, ROUNDS);
}

static void writers_have_their_turn(void)
{
    among_rivals(look_always, own_change, ROUNDS);
}

static void read_into_pages_that_go(void)
{
    make_file("source", sizeof(other), 1);
    source = open("source", O_RDONLY);
    among_rivals(drop_or_read_always, own_read, ROUNDS);
}

/* The shell with text as its script: its status. */
static int shell(const char *text)
{
    char *argv[] = {"sh", "script", NULL};
    int pid, status = 0;

    write_file("script", text, strlen(text));
    pid = fork();
    expect(pid >= 0);
    if (pid == 0) {
        exec("/sh", argv);
        exit(126);
    }
    expect_equal(wait(&status), pid);
    return status;
}

/* Puts what as many times behind the text in block. */
static void append(const char *what, int count)
{
    char *end = block + strlen(block);

    for (; count > 0; count--, end += strlen(what))
        memcpy(end, what, strlen(what) + 1);
}

static void deep_input(void)
{
    append("(", 5000);
    expect_equal(shell(block), 2);
    *block = 0;
    append("(", 20);
    append("true", 1);
    append(")", 20);
    expect_equal(shell(block), 0);
    *block = 0;
    append("cd . && ", 2000);
    append("false || exit 7", 1);
    expect_equal(shell(block), 7);
    expect_equal(shell("true || false && exit 5"), 5);
    expect_equal(shell("false && true || exit 6"), 6);
    expect_equal(shell("false || true && false || exit 8"), 8);
    expect_equal(shell("false && false && exit 1; exit 9"), 9);
}

const struct test long_call_tests[] = {
    {"deep_input", deep_input, QUICK},
    {"munlock_of_unlocked", munlock_of_unlocked, QUICK},
    {"kill_at_some_points", kill_at_some_points, QUICK},
    {"kill_at_many_points", kill_at_many_points, SLOW},
    {"kill_in_long_calls", kill_in_long_calls, QUICK},
    {"siblings_leave_long_calls", siblings_leave_long_calls, QUICK},
    {"readers_have_their_turn", readers_have_their_turn, QUICK},
    {"writers_have_their_turn", writers_have_their_turn, QUICK},
    {"read_into_pages_that_go", read_into_pages_that_go, QUICK},
    {NULL, NULL, QUICK},
};
