/*
 * diskerror read|write|map|make|scan FILE: what a program is told when the disk fails. read: the
 * file's first page; write: the same, in place, and fsync; map: the first page through a mapping;
 * make: the file, with fsync; scan: all pages, twice, in order. Prints the errno of the call that
 * failed, 0 for none; of scan the pages that could not be read.
 */
#include "kernel/abi/mman.h"
#include "kernel/fcntl.h"
#include "kernel/types.h"
#include "user/user.h"

#define PAGE_SIZE 4096

static char page[PAGE_SIZE];

static int tell(const char *what, long result)
{
    printf("%s: errno %d\n", what, result < 0 ? errno : 0);
    return result < 0;
}

static int scan(int fd)
{
    long got = 1;

    for (int at = 0; got != 0; at++) {
        got = read(fd, page, PAGE_SIZE);
        if (got < 0) {
            tell("scan", got);
            printf("scan: not page %d\n", at);
            if (lseek(fd, PAGE_SIZE, SEEK_CUR) < 0)
                exit(2);
        } else if (got == 0) {
            printf("scan: %d pages\n", at);
        }
    }
    return lseek(fd, 0, SEEK_SET) < 0;
}

int main(int argc, char **argv)
{
    int make, fd;

    if (argc != 3)
        exit(2);
    make = strcmp(argv[1], "make") == 0;
    fd = open(argv[2], make ? O_CREATE | O_RDWR : O_RDWR);
    if (fd < 0)
        return tell("open", fd);
    if (strcmp(argv[1], "read") == 0)
        return tell("read", read(fd, page, PAGE_SIZE));
    if (strcmp(argv[1], "scan") == 0)
        return scan(fd) || scan(fd);
    if (strcmp(argv[1], "map") == 0) {
        volatile char *memory = mmap(0, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);

        printf("map: byte %d\n", memory[0]);
        return 0;
    }
    memset(page, 'd', PAGE_SIZE);
    if (tell("write", write(fd, page, PAGE_SIZE)))
        return 1;
    return tell("fsync", fsync(fd));
}
