/*
 * Directories so large that the kernel keeps an index of their names: every answer is compared with
 * a model, while the index grows, is dropped and made again, or cannot be made.
 */
#include "test.h"

#define SOURCES 4 /* files that the names stand for */
#define NAMES 1000
#define ROUNDS 8
#define STEPS 500 /* of a round */

static unsigned source_inode[SOURCES];
static int source_of[NAMES]; /* of this process's names: which file, + 1; 0: no such name */
static char letter = 'n';    /* with which they begin */
static unsigned seed;
static long failing; /* the allocation of each call that fails first; 0: none */

/* VMSTAT_FAIL, for this process: false where the kernel does not know it. */
static bool fail_allocation(long count)
{
    return call(SYS_vmstat, count, 0, VMSTAT_FAIL, 0, 0, 0) == 0;
}

static const char *source(int which)
{
    static char path[8];

    snprintf(path, sizeof(path), "s%d", which);
    return path;
}

static const char *name(int n)
{
    static char path[2][16];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "d/%c%d", letter, n);
    return path[turn];
}

/* Where the call itself has no memory it is made again, and a later allocation fails. */
#define attempt(call)                                                    \
    ({                                                                   \
        long result_, count_ = failing;                                  \
        do {                                                             \
            if (failing)                                                 \
                fail_allocation(count_++);                               \
            result_ = (call);                                            \
        } while (failing && result_ < 0 && errno == ENOMEM);             \
        if (failing)                                                     \
            fail_allocation(0);                                          \
        result_;                                                         \
    })

static void look(int n)
{
    struct stat status;
    long found = attempt(stat(name(n), &status));

    if (!source_of[n])
        expect_error(found, ENOENT);
    else
        expect(found == 0 && status.ino == source_inode[source_of[n] - 1]);
}

static void make_name(int n, int which)
{
    long made = attempt(link(source(which), name(n)));

    if (source_of[n])
        expect_error(made, EEXIST);
    else
        expect_equal(made, 0);
    if (made == 0)
        source_of[n] = which + 1;
}

static void remove_name(int n)
{
    long removed = attempt(unlink(name(n)));

    if (source_of[n])
        expect_equal(removed, 0);
    else
        expect_error(removed, ENOENT);
    source_of[n] = 0;
}

/* As mv does. */
static void move_name(int from, int to)
{
    if (!source_of[from] || source_of[to])
        return;
    expect_equal(attempt(link(name(from), name(to))), 0);
    source_of[to] = source_of[from];
    remove_name(from);
    look(to);
}

static void step(void)
{
    int n = (int)(next_random(&seed) % NAMES);

    switch (next_random(&seed) % 8) {
    case 0:
    case 1:
        make_name(n, (int)(next_random(&seed) % SOURCES));
        break;
    case 2:
    case 3:
        remove_name(n);
        break;
    case 4:
        move_name(n, (int)(next_random(&seed) % NAMES));
        break;
    default:
        look(n);
    }
}

static void make_directory(void)
{
    struct stat status;

    expect(mkdir("d") == 0);
    for (int i = 0; i < SOURCES; i++) {
        write_file(source(i), "text", 4);
        expect(stat(source(i), &status) == 0);
        source_inode[i] = status.ino;
    }
}

static void fill_directory(void)
{
    long fails = failing;

    for (int n = 0; n < NAMES; n++) {
        if (n % 4 == 0)
            continue;
        failing = 0;
        look(n); /* there is an index: now it may fail to grow */
        failing = fails;
        make_name(n, n % SOURCES);
    }
}

/* Each entry that reading shows is one of ours or the first two, and is there once. */
static void compare_entries(void)
{
    static bool seen[NAMES];
    struct dirent entry;
    int fd = open("d", O_RDONLY);

    expect(fd >= 0);
    memset(seen, 0, sizeof(seen));
    while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
        int n = atoi(entry.name + 1);

        if (entry.inum == 0 || entry.name[0] != letter)
            continue;
        expect(n >= 0 && n < NAMES && !seen[n] && source_of[n]);
        expect_equal(entry.inum, source_inode[source_of[n] - 1]);
        seen[n] = true;
    }
    close(fd);
    for (int n = 0; n < NAMES; n++) {
        expect(seen[n] == (source_of[n] != 0));
        look(n);
    }
}

static void remove_all(void)
{
    for (int n = 0; n < NAMES; n++)
        if (source_of[n])
            remove_name(n);
    compare_entries();
}

static void large_directory(void)
{
    make_directory();
    fill_directory();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < STEPS; i++)
            step();
        if (round % 2)
            drop_caches(); /* and the index; it is made again */
    }
    compare_entries();
    remove_all();
    expect(unlink("d") == 0);
    expect(mkdir("d") == 0); /* of the same inode, perhaps */
    look(1);
}

/* One process's names among those of others. */
static void own_names(long who)
{
    memset(source_of, 0, sizeof(source_of)); /* those are its mother's */
    letter = (char)('a' + who);
    seed = (unsigned)who;
    for (int i = 0; i < ROUNDS * STEPS / 4; i++)
        step();
    compare_entries();
    remove_all();
}

static void drop_often(long times)
{
    for (long i = 0; i < times; i++) {
        drop_caches();
        sleep(1);
    }
}

static void large_directory_at_once(void)
{
    make_directory();
    fill_directory();
    for (int who = 0; who < 4; who++)
        spawn(own_names, who);
    spawn(drop_often, 10);
    join_all(5, 0);
    compare_entries();
    remove_all();
    expect(unlink("d") == 0);
}

static void large_directory_without_memory(void)
{
    if (!fail_allocation(0))
        skip("only a kernel that checks itself (SAN=1) lets allocations fail");
    make_directory();
    failing = 1;
    fill_directory();
    for (int round = 0; round < 40; round++) {
        drop_caches();
        failing = 1 + round; /* it fails to be made, at any point */
        for (int i = 0; i < STEPS / 10; i++)
            step();
    }
    failing = 0;
    compare_entries();
}

static void look_and_die(long instructions)
{
    call(SYS_vmstat, instructions, 0, VMSTAT_KILL, 0, 0, 0);
    look(1);
}

/* Killed while it makes the index: the next one makes it anew. */
static void large_directory_killed(void)
{
    if (call(SYS_vmstat, 0, 0, VMSTAT_KILL, 0, 0, 0) != 0)
        skip("calls are killed at a point only with SAN=1");
    make_directory();
    fill_directory();
    for (long instructions = 1000; instructions < 4000000; instructions += instructions / 3) {
        int pid;

        drop_caches();
        pid = spawn(look_and_die, instructions);
        wait_for(pid); /* killed, or not any more */
        look(2);
    }
    compare_entries();
    remove_all();
}

static unsigned long long small_objects(void)
{
    struct vm_stats stats;

    read_stats(&stats);
    return stats.frames[FRAME_SLAB];
}

/* The index, which the first search makes, goes when caches are dropped. */
static void large_directory_gives_way(void)
{
    unsigned long long before, made;

    make_directory();
    fill_directory();
    drop_caches();
    before = small_objects();
    look(1);
    made = small_objects();
    expect(made >= before + NAMES * 3 / 4 * 6 / PAGE_BYTES); /* bytes of a name */
    drop_caches();
    expect(small_objects() <= before);
    remove_all();
}

const struct test name_tests[] = {
    {"large_directory", large_directory, QUICK},
    {"large_directory_at_once", large_directory_at_once, QUICK},
    {"large_directory_without_memory", large_directory_without_memory, QUICK},
    {"large_directory_killed", large_directory_killed, QUICK},
    {"large_directory_gives_way", large_directory_gives_way, QUICK},
    {NULL, NULL, QUICK},
};
