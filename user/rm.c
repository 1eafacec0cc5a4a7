/*
 * rm [-r] [-f] FILE…: removes the names; empty directories too. -r: directories with all in them.
 * -f: no word about missing ones.
 */
#include "user.h"

static int force, recursive;

static int rm(const char *path);

/* Removing entries while they are read would leave some out: so it is read until none is left. */
static int empty_directory(const char *directory)
{
    char name[DIRSIZ + 1], path[MAX_PATH];
    struct dirent entry;
    int removed, result = 0;

    do {
        int fd = open(directory, O_RDONLY);

        removed = 0;
        if (fd < 0) {
            warn("rm", directory);
            return 1;
        }
        while (result == 0 && read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
            if (!dirent_name(&entry, name))
                continue;
            if (path_join(path, sizeof(path), directory, name) < 0) {
                warn("rm", directory);
                result = 1;
            } else {
                result = rm(path);
                removed++;
            }
        }
        close(fd);
    } while (removed > 0 && result == 0);
    return result;
}

static int rm(const char *path)
{
    if (unlink(path) == 0 || (force && errno == ENOENT))
        return 0;
    if (recursive && errno == ENOTEMPTY) {
        if (empty_directory(path) != 0)
            return 1;
        if (unlink(path) == 0)
            return 0;
    }
    warn("rm", path);
    return 1;
}

int main(int argc, char *argv[])
{
    int status = 0, i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        for (const char *letter = argv[i] + 1; *letter; letter++) {
            force |= *letter == 'f';
            recursive |= *letter == 'r';
            if (*letter != 'f' && *letter != 'r')
                argc = 0;
        }
    }
    if (i >= argc && !(force && argc > 0)) {
        fprintf(STDERR, "usage: rm [-r] [-f] FILE...\n");
        return 2;
    }
    for (; i < argc; i++)
        status |= rm(argv[i]);
    return status;
}
