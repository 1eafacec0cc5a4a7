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
    madvise(map_huge(PROT_READ | PROT_WRITE, 0), HUGE, MADV_WILLNEED);
}

static void want_file(void)
{
    int fd = open_sparse();

    for (;;)
        madvise(mmap(NULL, SPARSE, PROT_READ, MAP_PRIVATE, fd, 0), SPARSE, MADV_WILLNEED);
}

static void populate_memory(void)
{
    map_huge(PROT_READ, MAP_POPULATE);
}

static void populate_file(void)
{
    mmap(NULL, SPARSE, PROT_READ, MAP_SHARED | MAP_POPULATE, open_sparse(), 0);
}

static void ask_what_is_present(void)
{
    char *at = map_huge(PROT_READ, 0);

    mincore(at, HUGE, (unsigned char *)map_window(HUGE / PAGE_BYTES));
}

static void read_holes(void)
{
    char *to = map_window(1024 * MIB);

    read(open_sparse(), to, 1024 * MIB);
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
    write(ends[1], from, HUGE / 2);
}

/* Each area is a file to be synced, and each time the disk is asked to flush. */
static void sync_many_areas(void)
{
    char *at = map_window(4096 * MIB);

    for (;;)
        msync(at, 4096 * MIB, MS_SYNC);
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

static void own_read(void)
{
    expect(lseek(source, 0, SEEK_SET) == 0);
    expect_equal(read(source, shared_area, PAGE_BYTES), PAGE_BYTES);
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
    among_rivals(drop_or_read_always, own_read, ROUNDS / 10);
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
    {"kill_in_long_calls", kill_in_long_calls, QUICK},
    {"siblings_leave_long_calls", siblings_leave_long_calls, QUICK},
    {"readers_have_their_turn", readers_have_their_turn, QUICK},
    {"writers_have_their_turn", writers_have_their_turn, QUICK},
    {"read_into_pages_that_go", read_into_pages_that_go, QUICK},
    {NULL, NULL, QUICK},
};
