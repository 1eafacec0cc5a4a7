/* cp FROM TO: copies a file; into TO if that is a directory. */
#include "user.h"

static char buffer[4 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static int same_file(int a, int b)
{
    struct stat first, second;

    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.dev == second.dev &&
           first.ino == second.ino;
}

int main(int argc, char *argv[])
{
    char path[MAX_PATH];
    const char *target;
    struct stat status;
    int from, to;
    ssize_t n;

    if (argc != 3) {
        fprintf(STDERR, "usage: cp FROM TO\n");
        return 2;
    }
    target = argv[2];
    if (stat(target, &status) == 0 && status.type == T_DIR) {
        if (path_join(path, sizeof(path), argv[2], path_last(argv[1])) < 0)
            die("cp", argv[2]);
        target = path;
    }
    if ((from = open(argv[1], O_RDONLY)) < 0)
        die("cp", argv[1]);
    if (fstat(from, &status) == 0 && status.type == T_DIR) {
        errno = EISDIR;
        die("cp", argv[1]);
    }
    if ((to = open(target, O_WRONLY | O_CREATE)) < 0)
        die("cp", target);
    if (same_file(from, to)) {
        errno = EEXIST;
        die("cp", target);
    }
    if (ftruncate(to, 0) < 0)
        die("cp", target);
    while ((n = read(from, buffer, sizeof(buffer))) > 0) {
        if (write_full(to, buffer, (size_t)n) < 0)
            die("cp", target);
    }
    if (n < 0)
        die("cp", argv[1]);
    return 0;
}
