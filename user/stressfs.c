/*
 * stressfs [-p PROCESSES] [-n BLOCKS]: several processes write a file each at the same time, block
 * by block, each block told apart by its writer and place; then each reads its own back, and
 * removes it.
 */
#include "user.h"

#define BLOCK 512

static long processes = 4, blocks = 400;

static void fill(unsigned *block, int writer, long number)
{
    for (unsigned i = 0; i < BLOCK / sizeof(unsigned); i++)
        block[i] = (unsigned)writer << 24 ^ (unsigned)number << 8 ^ i;
}

static void work(int writer)
{
    unsigned wanted[BLOCK / sizeof(unsigned)], found[BLOCK / sizeof(unsigned)];
    char name[DIRSIZ];
    int fd;

    snprintf(name, sizeof(name), "stressfs.%d", writer);
    if ((fd = open(name, O_RDWR | O_CREATE | O_TRUNC)) < 0)
        die("stressfs", name);
    for (long i = 0; i < blocks; i++) {
        fill(wanted, writer, i);
        if (write_full(fd, wanted, BLOCK) < 0)
            die("stressfs", "write");
    }
    if (lseek(fd, 0, SEEK_SET) != 0)
        die("stressfs", "lseek");
    for (long i = 0; i < blocks; i++) {
        fill(wanted, writer, i);
        if (read_full(fd, found, BLOCK) != BLOCK || memcmp(wanted, found, BLOCK) != 0) {
            fprintf(STDERR, "stressfs: %s: block %ld is not as written\n", name, i);
            exit(1);
        }
    }
    close(fd);
    if (unlink(name) < 0)
        die("stressfs", name);
    exit(0);
}

static void read_options(int argc, char *argv[])
{
    for (int i = 1; i < argc; i += 2) {
        long *option = strcmp(argv[i], "-p") == 0 ? &processes
                       : strcmp(argv[i], "-n") == 0 ? &blocks : NULL;

        if (option == NULL || i + 1 == argc) {
            fprintf(STDERR, "usage: stressfs [-p PROCESSES] [-n BLOCKS]\n");
            exit(2);
        }
        *option = number_or_die("stressfs", argv[i + 1], 0, INT_MAX);
    }
}

int main(int argc, char *argv[])
{
    int status, failed = 0;

    read_options(argc, argv);
    for (int i = 0; i < processes; i++) {
        int pid = fork();

        if (pid < 0)
            die("stressfs", "fork");
        if (pid == 0)
            work(i);
    }
    while (wait(&status) >= 0)
        failed += status != 0;
    printf("stressfs: %ld writers, %ld blocks each, %d failed\n", processes, blocks, failed);
    return failed > 0;
}
