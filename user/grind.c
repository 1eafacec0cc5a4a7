/*
 * grind [-s SEED] [-n OPERATIONS] [-p PROCESSES] [SECONDS]: processes that make random system calls
 * side by side, in a directory of their own, on names that all of them use. Calls may fail; the
 * machine must not. What can be checked without knowing what the others do is checked. A seed gives
 * each process the same calls again. With SECONDS it goes on for so long, instead of OPERATIONS.
 */
#include "user.h"

#define DIRECTORY "grind.dir"
#define NAMES 6
#define DEPTH_MAX 2 /* of processes that a process starts */

static uint64_t state;
static long operations = 500;
static long seconds; /* 0: so many operations instead */
static int end;      /* of the seconds, in ticks */
static int fd = -1; /* the file that is open now, if any */
static int depth;

/* Knuth's MMIX generator; the high bits are the random ones. */
static unsigned draw(unsigned limit)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33) % limit;
}

static void fail(const char *what)
{
    fprintf(STDERR, "grind: pid %d: %s\n", getpid(), what);
    exit(1);
}

/* One of a few names, or one inside a directory of that name. */
static char *name(char *buffer)
{
    snprintf(buffer, DIRSIZ, draw(4) ? "%c" : "%c/%c", 'a' + draw(NAMES), 'a' + draw(NAMES));
    return buffer;
}

static void set_fd(int new_fd)
{
    if (fd >= 0)
        close(fd);
    fd = new_fd;
}

static void do_open(void)
{
    static const int flags[] = {O_RDONLY, O_CREATE | O_RDWR, O_CREATE | O_RDWR | O_TRUNC,
                                O_RDWR | O_APPEND};
    char path[DIRSIZ];

    set_fd(open(name(path), flags[draw(4)]));
}

static void do_names(void)
{
    char first[DIRSIZ], second[DIRSIZ];

    switch (draw(4)) {
    case 0:
        unlink(name(first));
        break;
    case 1:
        link(name(first), name(second));
        break;
    case 2:
        mkdir(name(first));
        break;
    case 3:
        if (chdir(name(first)) == 0 && chdir("/" DIRECTORY) < 0)
            fail("the way back is gone");
        break;
    }
}

static void do_file(void)
{
    static char buffer[3 * PAGE_SIZE];
    unsigned bytes = draw(sizeof(buffer));
    struct stat status;

    if (fd < 0)
        return;
    switch (draw(6)) {
    case 0:
        if (read(fd, buffer, bytes) > (ssize_t)bytes)
            fail("read returned more than was asked for");
        break;
    case 1:
    case 2:
        memset(buffer, (int)draw(256), bytes);
        if (write(fd, buffer, bytes) > (ssize_t)bytes)
            fail("write returned more than was given");
        break;
    case 3:
        lseek(fd, draw(1 << 18), SEEK_SET);
        break;
    case 4:
        ftruncate(fd, draw(1 << 18));
        break;
    case 5:
        if (fstat(fd, &status) < 0)
            fail("fstat failed");
        break;
    }
}

/* The heap grows and shrinks by a little; what was written must still be there. */
static void do_memory(void)
{
    int bytes = (int)draw(8 * PAGE_SIZE) + 1;
    char *start = draw(2) ? sbrk(bytes) : sbrklazy(bytes);
    volatile char *memory = start;
    char mark = (char)draw(256);

    if (start == SBRK_ERROR)
        return;
    for (int i = 0; i < bytes; i += PAGE_SIZE)
        memory[i] = mark;
    for (int i = 0; i < bytes; i += PAGE_SIZE) {
        if (memory[i] != mark)
            fail("memory changed by itself");
    }
    if (sbrk(-bytes) == SBRK_ERROR)
        fail("memory could not be given back");
}

static void do_pipe(void)
{
    char out[64], in[64];
    int ends[2], bytes = (int)draw(sizeof(out)) + 1;

    if (pipe(ends) < 0)
        return;
    memset(out, bytes, sizeof(out));
    if (write(ends[1], out, (size_t)bytes) != bytes || read(ends[0], in, sizeof(in)) != bytes ||
        memcmp(in, out, (size_t)bytes) != 0)
        fail("a pipe gave something else back");
    close(ends[0]);
    close(ends[1]);
}

/* A child that exits, goes on grinding, runs a program, or is killed. */
static void do_child(void)
{
    char *argv[] = {"true", NULL};
    unsigned kind = draw(4);
    int pid, status, wanted = (int)draw(100);

    if (depth == DEPTH_MAX || (pid = fork()) < 0)
        return;
    if (pid == 0) {
        depth++;
        if (kind == 1) {
            seconds = 0;
            operations = 5;
            return;
        }
        if (kind == 2) {
            close(STDOUT);
            exec("/true", argv);
            exit(wanted);
        }
        if (kind == 3)
            sleep(1 << 20);
        exit(wanted);
    }
    if (kind == 3 && kill(pid) < 0)
        fail("a child could not be killed");
    if (wait(&status) != pid)
        fail("wait returned another child");
    if ((kind == 0 && status != wanted) || (kind == 3 && status != WAIT_KILLED) ||
        (kind == 1 && status != 0))
        fail("a child ended with a wrong status");
}

static void grind(uint64_t seed)
{
    static void (*const actions[])(void) = {do_open, do_names, do_file, do_file,
                                            do_memory, do_pipe, do_child};

    state = seed * 0x9e3779b97f4a7c15ull + 1;
    while (seconds > 0 ? uptime() < end : operations-- > 0)
        actions[draw(sizeof(actions) / sizeof(actions[0]))]();
    exit(0);
}

/* Removes everything in the directory that this process is in, and in those below it. */
static void clean(int levels)
{
    char path[DIRSIZ + 1];
    struct dirent entry;
    int directory = open(".", O_RDONLY);

    while (directory >= 0 && read(directory, &entry, sizeof(entry)) == sizeof(entry)) {
        if (!dirent_name(&entry, path) || unlink(path) == 0)
            continue;
        if (levels > 0 && chdir(path) == 0) {
            clean(levels - 1);
            chdir("..");
            unlink(path);
        }
    }
    close(directory);
}

static void read_options(int argc, char *argv[], long *seed, long *processes)
{
    for (int i = 1; i < argc; i++) {
        long *option = strcmp(argv[i], "-s") == 0   ? seed
                       : strcmp(argv[i], "-n") == 0 ? &operations
                       : strcmp(argv[i], "-p") == 0 ? processes
                                                    : NULL;

        if (option == NULL && i + 1 == argc && argv[i][0] != '-') {
            seconds = number_or_die("grind", argv[i], 1, (INT_MAX >> 1) / TICKS_PER_SECOND);
        } else if (option == NULL || i + 1 == argc) {
            fprintf(STDERR,
                    "usage: grind [-s SEED] [-n OPERATIONS] [-p PROCESSES] [SECONDS]\n");
            exit(2);
        } else {
            *option = number_or_die("grind", argv[++i], 0, LONG_MAX);
        }
    }
    end = uptime() + (int)seconds * TICKS_PER_SECOND;
}

int main(int argc, char *argv[])
{
    long seed = 1, processes = 3;
    int status, failed = 0;

    read_options(argc, argv, &seed, &processes);
    if ((mkdir("/" DIRECTORY) < 0 && errno != EEXIST) || chdir("/" DIRECTORY) < 0)
        die("grind", DIRECTORY);
    for (long i = 0; i < processes; i++) {
        int pid = fork();

        if (pid < 0)
            die("grind", "fork");
        if (pid == 0)
            grind((uint64_t)seed * 1000 + (uint64_t)i);
    }
    for (long i = 0; i < processes; i++) {
        if (wait(&status) < 0 || status != 0)
            failed++;
    }
    clean(2);
    chdir("/");
    unlink(DIRECTORY);
    printf("grind: seed %ld, %ld processes, %ld %s each, %d failed\n", seed, processes,
           seconds > 0 ? seconds : operations, seconds > 0 ? "seconds" : "operations", failed);
    return failed > 0;
}
