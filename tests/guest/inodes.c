/*
 * inodes [COUNT]: what open and close of a file cost where few inodes are in memory, and where
 * those of COUNT (3,600) files are, each with a page. The status is 1 where it costs more than a
 * hundredth more, or where more than an eighth of memory was dirty once they were made, which takes
 * less than the second after which all is written. By instructions, so for -icount shift=0 only.
 */
#include "instructions.h"
#include "user.h"

#define MANY 3600
#define EACH 50 /* files of a directory */
#define FEW EACH
#define ROUNDS 20
#define BATCH 64 /* pages that may be written together */

static void check(int is_good, const char *what)
{
    if (!is_good)
        die("inodes", what);
}

static void close_opened(int fd)
{
    check(fd >= 0, "open");
    check(close(fd) == 0, "close");
}

static const char *name_of(int file)
{
    static char name[16];

    snprintf(name, sizeof(name), "f%d", file % EACH);
    return name;
}

static void go(const char *format, int directory)
{
    char path[16];

    snprintf(path, sizeof(path), format, directory);
    check(chdir(path) == 0, "chdir");
}

/* Files of a byte, in directories below this one. */
static void make_files(int count)
{
    char path[16];

    for (int i = 0; i < count; i++) {
        int fd;

        if (i % EACH == 0) {
            snprintf(path, sizeof(path), "d%d", i / EACH);
            check(mkdir(path) == 0, "mkdir");
            go("d%d", i / EACH);
        }
        fd = open(name_of(i), O_CREATE | O_WRONLY);
        check(fd >= 0 && write(fd, "", 1) == 1, "write");
        close_opened(fd);
        if (i % EACH == EACH - 1)
            go("..", 0);
    }
}

static void read_files(int count)
{
    char byte;

    for (int i = 0; i < count; i++) {
        int fd;

        if (i % EACH == 0)
            go("d%d", i / EACH);
        fd = open(name_of(i), O_RDONLY);
        check(fd >= 0 && read(fd, &byte, 1) == 1, "read");
        close_opened(fd);
        if (i % EACH == EACH - 1)
            go("..", 0);
    }
}

/* Instructions for open and close of one of the first files. */
static uint64_t measure(void)
{
    uint64_t total = 0;

    go("d%d", 0);
    for (int i = 0; i < FEW * ROUNDS; i++) {
        const char *name = name_of(i);
        uint64_t start = instructions();

        close_opened(open(name, O_RDONLY));
        total += instructions() - start;
    }
    go("..", 0);
    return total / (FEW * ROUNDS);
}

/* Of count pages that were written those that are too many to be dirty are on the disk. */
static void check_written(int count)
{
    unsigned long long frames = 0;
    struct vm_stats stats;

    check(vmstat(0, &stats, 0) == 0, "vmstat");
    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += stats.frames[class];
    check(stats.file_write + frames / 8 + BATCH >= (unsigned long)count, "to write what is dirty");
}

int main(int argc, char *argv[])
{
    int count = argc > 1 ? (int)number_or_die("inodes", argv[1], FEW, 60000) : MANY;
    struct vm_stats stats, after;
    uint64_t few, many;

    count -= count % EACH;
    make_files(count);
    check_written(count);
    check(vmstat(0, &stats, VMSTAT_DROP) == 0, "vmstat");
    read_files(FEW);
    few = measure();
    read_files(count);
    check(vmstat(0, &stats, 0) == 0, "vmstat");
    many = measure();
    check(vmstat(0, &after, 0) == 0 && after.file_read == stats.file_read, "to keep them");
    printf("open and close: %lu instructions with %d inodes, %lu with %d\n", few, FEW, many, count);
    if (many > few + few / 100)
        die("inodes", "a cost that does not grow");
    printf("inodes: ok\n");
    return 0;
}
