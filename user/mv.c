/*
 * mv FROM TO: another name for a file, into TO if that is a directory. There is no rename call:
 * it links, then unlinks, so directories cannot be moved. None is replaced, not even an empty one.
 */
#include "user.h"

static int same_file(const char *a, const char *b)
{
    struct stat first, second;

    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.dev == second.dev &&
           first.ino == second.ino;
}

int main(int argc, char *argv[])
{
    char path[MAX_PATH];
    const char *target;
    struct stat status;

    if (argc != 3) {
        fprintf(STDERR, "usage: mv FROM TO\n");
        return 2;
    }
    target = argv[2];
    if (stat(target, &status) == 0 && status.type == T_DIR) {
        if (path_join(path, sizeof(path), argv[2], path_last(argv[1])) < 0)
            die("mv", argv[2]);
        target = path;
    }
    if (stat(argv[1], &status) < 0)
        die("mv", argv[1]);
    if (status.type == T_DIR) {
        errno = EISDIR;
        die("mv", argv[1]);
    }
    if (same_file(argv[1], target)) /* unlinking one name of two would lose nothing, or all */
        return 0;
    if (stat(target, &status) == 0 && status.type == T_DIR) {
        errno = EISDIR;
        die("mv", target);
    }
    if (unlink(target) < 0 && errno != ENOENT)
        die("mv", target);
    if (link(argv[1], target) < 0)
        die("mv", target);
    if (unlink(argv[1]) < 0)
        die("mv", argv[1]);
    return 0;
}
