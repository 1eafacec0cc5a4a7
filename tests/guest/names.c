/*
 * names [COUNT]: what it costs to make a name, to look for it and for one that is not there, to
 * move it and to remove it, in a directory of COUNT (2,500) names and in one of four times as many.
 * The status is 1 where a cost is more than a quarter higher. Counted in instructions, so for
 * -icount shift=0 only. All names are links to one file, so only the directory grows.
 */
#include "instructions.h"
#include "user.h"

#define COUNT 2500
#define TIMES 4

enum operation { MAKE, LOOK, MISS, MOVE, REMOVE, OPERATIONS };

static const char *const words[OPERATIONS] = {"make", "look", "miss", "move", "remove"};

static void check(int is_good, const char *what)
{
    if (!is_good)
        die("names", what);
}

/* As many digits for each number, so that no name is dearer than others. */
static const char *name(char letter, int n)
{
    static char path[2][32];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "/names.d/%c%d", letter, 100000 + n);
    return path[turn];
}

static void work_on(enum operation operation, int n)
{
    struct stat status;

    switch (operation) {
    case MAKE:
        check(link("/names.d/file", name('n', n)) == 0, "link");
        break;
    case LOOK:
        check(stat(name('n', n), &status) == 0, "stat");
        break;
    case MISS:
        check(stat(name('m', n), &status) < 0 && errno == ENOENT, "stat of nothing");
        break;
    case MOVE:
        check(link(name('n', n), name('x', n)) == 0 && unlink(name('n', n)) == 0, "move");
        break;
    default:
        check(unlink(name('x', n)) == 0, "unlink");
    }
}

static void measure(int count, uint64_t cost[OPERATIONS])
{
    int fd;

    check(mkdir("/names.d") == 0, "mkdir");
    fd = open("/names.d/file", O_CREATE | O_RDWR);
    check(fd >= 0 && close(fd) == 0, "open");
    for (enum operation operation = 0; operation < OPERATIONS; operation++) {
        uint64_t before = instructions();

        for (int i = 0; i < count; i++)
            work_on(operation, operation == MAKE ? i : i * 7 % count);
        cost[operation] = (instructions() - before) / (uint64_t)count;
    }
    check(unlink("/names.d/file") == 0 && unlink("/names.d") == 0, "unlink");
}

int main(int argc, char *argv[])
{
    int count = argc > 1 ? (int)number_or_die("names", argv[1], 1, 8000) : COUNT;
    uint64_t few[OPERATIONS], many[OPERATIONS];
    int status = 0;

    measure(count, few);
    measure(TIMES * count, many);
    for (int i = 0; i < OPERATIONS; i++) {
        printf("names %s: %lu instructions with %d names, %lu with %d\n", words[i], few[i], count,
               many[i], TIMES * count);
        status |= many[i] > few[i] + few[i] / 4;
    }
    printf("names: %s\n", status ? "grows too much" : "ok");
    return status;
}
