/* Everything at once. Each test is a fixed amount of work, whatever the machine's speed. */
#include "test.h"

static void die_at_once(long unused)
{
    (void)unused;
}

static int held[2]; /* nothing is ever written to it: its end of file lets everybody go */

/* Forks while it can, each child too, down to a depth; refusals are answers. */
static void multiply(long depth)
{
    int children = 0;
    char byte;

    close(held[1]);
    for (int i = 0; i < 5 && depth > 0; i++) {
        int pid = fork();

        if (pid == 0) {
            multiply(depth - 1);
            exit(0);
        }
        if (pid < 0)
            expect(errno == EAGAIN || errno == ENOMEM);
        else
            children++;
    }
    expect_equal(read(held[0], &byte, 1), 0);
    join_all(children, 0);
}

/* 781 processes, would there not be a limit; those that there are live at the same time. */
static void fork_bomb(void)
{
    expect(pipe(held) == 0);
    int pid = spawn(multiply, 4);

    sleep(20);
    close(held[1]);
    join(pid);
    join(spawn(die_at_once, 0));
}

static void use_files(long who)
{
    char name[3] = {'f', (char)('a' + who), '\0'};

    for (unsigned i = 0; i < 15; i++) {
        unsigned long bytes = 1000 + i * 7919;

        make_file(name, bytes, (unsigned)who + i);
        if ((i + (unsigned)who) % 5 == 0)
            drop_caches();
        verify_file(name, bytes, (unsigned)who + i);
        if (i % 3 == 0)
            expect(unlink(name) == 0);
    }
}

static void files_at_once(void)
{
    for (int i = 0; i < 6; i++)
        spawn(use_files, i);
    join_all(6, 0);
}

/* Files go through the cache while processes hold most of the memory. */
static void hold_memory(long bytes)
{
    char *start = grow(bytes);

    for (long i = 0; i < bytes; i += PAGE_BYTES)
        fill(start + i, 64, (unsigned)(i >> 12));
    for (int round = 0; round < 3; round++) {
        sleep(2);
        for (long i = 0; i < bytes; i += PAGE_BYTES)
            expect(filled(start + i, 64, (unsigned)(i >> 12)));
    }
}

static void files_under_pressure(void)
{
    struct vm_stats stats;
    int holders = processes(11) - 3;

    if (holders < 1)
        skip("not enough memory in this machine");
    for (int i = 0; i < 3; i++)
        spawn(use_files, i);
    read_stats(&stats);
    long share = (long)(stats.commit_limit - stats.commit) / 2 / holders - 200;

    for (int i = 0; i < holders; i++)
        spawn(hold_memory, share < 0 ? 0 : share > 4096 ? (long)(16 * MIB) : share * 4096);
    join_all(holders + 3, 0);
}

#define CHAIN 20 /* links at most */
#define TOKENS 200

/* A chain of processes, each adding one to what it passes on. */
static void pipe_chain(void)
{
    int in, first[2], links = processes(CHAIN);

    expect(pipe(first) == 0);
    in = first[0];
    for (int i = 0; i < links; i++) {
        int out[2], number;

        expect(pipe(out) == 0);
        int pid = fork();

        expect(pid >= 0);
        if (pid == 0) {
            close(first[1]);
            close(out[0]);
            while (read(in, &number, sizeof(number)) == sizeof(number)) {
                number++;
                expect_equal(write(out[1], &number, sizeof(number)), sizeof(number));
            }
            exit(0);
        }
        close(in);
        close(out[1]);
        in = out[0];
    }
    for (int i = 0; i < TOKENS; i++)
        expect_equal(write(first[1], &i, sizeof(i)), sizeof(i));
    close(first[1]);
    for (int i = 0; i < TOKENS; i++) {
        int number;

        expect_equal(read(in, &number, sizeof(number)), sizeof(number));
        expect_equal(number, i + links);
    }
    join_all(links, 0);
}

static void run_programs(long who)
{
    static char *argv[] = {"echo", "stress", NULL};
    char name[3] = {'o', (char)('a' + who), '\0'}, text[8];

    for (int i = 0; i < 20; i++) {
        int pid = fork(), fd;

        expect(pid >= 0);
        if (pid == 0) {
            close(1);
            if (open(name, O_CREATE | O_TRUNC | O_WRONLY) == 1)
                exec("/echo", argv);
            exit(STATUS_FAILED);
        }
        join(pid);
        fd = open(name, O_RDONLY);
        expect(fd >= 0 && read(fd, text, 8) == 7 && memcmp(text, "stress\n", 7) == 0);
        close(fd);
    }
}

static void programs_at_once(void)
{
    for (int i = 0; i < 6; i++)
        spawn(run_programs, i);
    join_all(6, 0);
}

/* One random act. Files, names, memory, processes, pipes: no act may fail in a way it must not. */

static const char *const names[] = {"a", "b", "c", "d/a", "d/b", "d/e/a", "d", "d/e"};

static const char *any_name(unsigned *state)
{
    return names[next_random(state) % 8];
}

static void act_on_file(unsigned *state)
{
    int fd = open(any_name(state), next_random(state) % 2 ? O_CREATE | O_RDWR : O_RDWR);

    if (fd < 0)
        return;
    for (int i = 0; i < 4; i++) {
        lseek(fd, next_random(state) % 100000, SEEK_SET);
        if (next_random(state) % 2)
            write(fd, block, next_random(state) % (16 * KIB));
        else
            read(fd, block, next_random(state) % (16 * KIB));
    }
    if (next_random(state) % 4 == 0)
        ftruncate(fd, next_random(state) % 50000);
    if (next_random(state) % 8 == 0)
        expect(fsync(fd) == 0);
    expect(close(fd) == 0);
}

static void act_on_names(unsigned *state)
{
    switch (next_random(state) % 5) {
    case 0:
        mkdir(any_name(state));
        break;
    case 1:
        link(any_name(state), any_name(state));
        break;
    case 2:
        if (chdir(any_name(state)) == 0)
            expect(chdir("/usertests.d") == 0);
        break;
    default:
        unlink(any_name(state));
    }
}

static void act_on_memory(unsigned *state)
{
    int bytes = (int)(next_random(state) % 200000);
    char *start = sbrk(bytes);

    if (start == SBRK_ERROR)
        return;
    for (int i = 0; i < bytes; i += 1 + (int)(next_random(state) % 9000))
        start[i] = 1;
    expect(sbrk(-bytes) == start + bytes);
}

static void act_with_child(unsigned *state)
{
    static char *argv[] = {"true", NULL};
    unsigned what = next_random(state) % 4;
    int ends[2], pid;
    char byte = 'x';

    if (pipe(ends) < 0)
        return;
    pid = fork();
    if (pid == 0) {
        if (what == 0)
            exec("/true", argv);
        if (what == 1)
            for (;;)
                sink++;
        write(ends[1], &byte, 1);
        act_on_file(state);
        exit(0);
    }
    if (pid > 0) {
        if (what == 1)
            kill(pid);
        if (what >= 2)
            expect(read(ends[0], &byte, 1) == 1);
        expect(wait(0) == pid);
    }
    expect(close(ends[0]) == 0 && close(ends[1]) == 0);
}

#define ACTS 3000

static void grind(long seed)
{
    unsigned state = (unsigned)seed;

    for (int i = 0; i < ACTS; i++)
        switch (next_random(&state) % 6) {
        case 0:
        case 1:
            act_on_file(&state);
            break;
        case 2:
        case 3:
            act_on_names(&state);
            break;
        case 4:
            act_on_memory(&state);
            break;
        default:
            act_with_child(&state);
        }
}

static void random_acts(void)
{
    for (int i = 0; i < 6; i++)
        spawn(grind, 1000 + i * 77);
    join_all(6, 0);
}

/* Grinders that are killed at some point: whatever they held must be let go. */
static void random_acts_killed(void)
{
    for (int round = 0; round < 30; round++) {
        int pids[4];

        for (int i = 0; i < 4; i++)
            pids[i] = spawn(grind, round * 10 + i + 1);
        sleep(1 + round % 3);
        for (int i = 0; i < 4; i++)
            kill(pids[i]);
        for (int i = 0; i < 4; i++)
            expect(wait(0) > 0);
    }
}

/* Dropping everything that can be dropped, again and again, under those who use it. */
static void drop_often(long times)
{
    for (long i = 0; i < times; i++)
        drop_caches();
}

static void drops_while_working(void)
{
    int pairs = (processes(28) - 1) / 3; /* one uses files, one runs a program, which is a third */

    spawn(drop_often, 200);
    for (int i = 0; i < pairs; i++) {
        spawn(use_files, i);
        spawn(run_programs, i);
    }
    join_all(2 * pairs + 1, 0);
}

const struct test stress_tests[] = {
    {"fork_bomb", fork_bomb, QUICK},
    {"files_at_once", files_at_once, QUICK},
    {"files_under_pressure", files_under_pressure, QUICK},
    {"pipe_chain", pipe_chain, QUICK},
    {"programs_at_once", programs_at_once, QUICK},
    {"random_acts", random_acts, SLOW},
    {"random_acts_killed", random_acts_killed, SLOW},
    {"drops_while_working", drops_while_working, SLOW},
    {NULL, NULL, QUICK},
};
