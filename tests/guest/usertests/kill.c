/* kill: whatever its victim is doing, it ends, and wait gives -1. */
#include "test.h"

static int ends[2];

static void spin(long unused)
{
    (void)unused;
    for (;;)
        sink++;
}

static void call_forever(long unused)
{
    (void)unused;
    for (;;)
        getpid();
}

static void sleep_long(long unused)
{
    (void)unused;
    sleep(1000000);
}

static void read_pipe(long unused)
{
    char byte;

    (void)unused;
    read(ends[0], &byte, 1);
    sleep(1000000);
}

static void fill_pipe(long unused)
{
    static char block[4096];

    (void)unused;
    for (;;)
        write(ends[1], block, sizeof(block));
}

static void wait_long(long unused)
{
    (void)unused;
    int child = spawn(sleep_long, 0);

    write(ends[1], &child, sizeof(child));
    wait(0);
}

static void write_files(long unused)
{
    (void)unused;
    for (;;)
        make_file("victim", 20 * KIB, 1);
}

/* Lets the victim get going, then kills it. */
static void kill_victim(void (*run)(long))
{
    int pid = spawn(run, 0);

    sleep(2);
    expect(kill(pid) == 0);
    expect_equal(wait_for(pid), STATUS_KILLED);
}

static void kill_spinning(void)
{
    kill_victim(spin);
}

static void kill_calling(void)
{
    kill_victim(call_forever);
}

static void kill_sleeping(void)
{
    int start = uptime();

    kill_victim(sleep_long);
    expect(uptime() - start < 10000);
}

static void kill_pipe_reader(void)
{
    expect(pipe(ends) == 0);
    kill_victim(read_pipe);
}

static void kill_pipe_writer(void)
{
    expect(pipe(ends) == 0);
    kill_victim(fill_pipe);
}

/* Its child goes to init, which nobody kills: it is ended here. */
static void kill_waiting(void)
{
    int pid, grandchild;

    expect(pipe(ends) == 0);
    pid = spawn(wait_long, 0);
    expect_equal(read(ends[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    wait_to_see(pid, NULL, 'S');
    expect(kill(pid) == 0);
    expect_equal(wait_for(pid), STATUS_KILLED);
    expect(kill(grandchild) == 0);
}

static void kill_writing(void)
{
    for (int i = 0; i < 4; i++)
        kill_victim(write_files);
}

static void kill_at_once(void)
{
    for (int i = 0; i < 100; i++) {
        int pid = spawn(spin, 0);

        expect(kill(pid) == 0);
        expect_equal(wait_for(pid), STATUS_KILLED);
    }
}

static void kill_self(void)
{
    int pid = fork();

    if (pid == 0) {
        kill(getpid());
        for (;;)
            sink++;
    }
    expect_equal(wait_for(pid), STATUS_KILLED);
}

static void kill_nobody(void)
{
    int pid = spawn(spin, 0);

    expect(kill(pid) == 0);
    expect_equal(wait_for(pid), STATUS_KILLED);
    expect_error(kill(pid), ESRCH);
    expect(kill(0) == -1);
    expect(kill(-1) == -1);
    expect_error(kill(0x7fffffff), ESRCH);
}

/* The victim is met at any point of fork, exit and wait. */
static void kill_family(void)
{
    for (int i = 0; i < 20; i++) {
        int pid = fork();

        while (pid == 0) {
            if (fork() == 0)
                exit(0);
            wait(0);
        }
        sleep(i % 2);
        expect(kill(pid) == 0);
        expect_equal(wait_for(pid), STATUS_KILLED);
    }
}

const struct test kill_tests[] = {
    {"kill_spinning", kill_spinning, QUICK},
    {"kill_calling", kill_calling, QUICK},
    {"kill_sleeping", kill_sleeping, QUICK},
    {"kill_pipe_reader", kill_pipe_reader, QUICK},
    {"kill_pipe_writer", kill_pipe_writer, QUICK},
    {"kill_waiting", kill_waiting, QUICK},
    {"kill_writing", kill_writing, QUICK},
    {"kill_at_once", kill_at_once, QUICK},
    {"kill_self", kill_self, QUICK},
    {"kill_nobody", kill_nobody, QUICK},
    {"kill_family", kill_family, QUICK},
    {NULL, NULL, QUICK},
};
