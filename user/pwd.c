/*
 * pwd: prints the path of the directory that it runs in. The kernel keeps no paths: from each
 * directory on the way up, the one above is searched for the name.
 */
#include "user.h"

static char path[MAX_PATH]; /* filled from its end */

static int same(const struct stat *a, const struct stat *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* The name of the directory in the one above it, which the process is in. */
static int find_name(const struct stat *wanted, char name[DIRSIZ + 1])
{
    struct dirent entry;
    struct stat status;
    int fd = open(".", O_RDONLY), found = 0;

    while (!found && fd >= 0 && read(fd, &entry, sizeof(entry)) == sizeof(entry))
        found = dirent_name(&entry, name) && stat(name, &status) == 0 && same(&status, wanted);
    close(fd);
    return found;
}

int main(void)
{
    char name[DIRSIZ + 1], *start = path + sizeof(path) - 1;
    struct stat here, above;

    for (;;) {
        if (stat(".", &here) < 0 || stat("..", &above) < 0)
            die("pwd", "a directory that was removed");
        if (same(&here, &above))
            break;
        if (chdir("..") < 0 || !find_name(&here, name)) {
            errno = ENOENT;
            die("pwd", "..");
        }
        if (start - path <= (long)strlen(name) + 1) {
            errno = ENAMETOOLONG;
            die("pwd", start);
        }
        start -= strlen(name);
        memcpy(start, name, strlen(name));
        *--start = '/';
    }
    printf("%s\n", *start ? start : "/");
    return 0;
}
