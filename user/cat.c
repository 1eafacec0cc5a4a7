/* cat [FILE]…: the files, or standard input, one after the other. */
#include "user.h"

static char buffer[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static int copy(int fd, const char *name)
{
    ssize_t n;

    while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
        if (write_full(STDOUT, buffer, (size_t)n) < 0)
            return 1; /* the library says why */
    }
    if (n == 0)
        return 0;
    warn("cat", name);
    return 1;
}

int main(int argc, char *argv[])
{
    int status = 0;

    if (argc == 1)
        return copy(STDIN, "standard input");
    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);

        if (fd < 0) {
            warn("cat", argv[i]);
            status = 1;
            continue;
        }
        status |= copy(fd, argv[i]);
        close(fd);
    }
    return status;
}
