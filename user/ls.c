/* ls [FILE]…: for each file, or each entry of a directory: name, type, inode, size. */
#include "user.h"

static void show(const char *name, const struct stat *status)
{
    static const char *const types[] = {"?", "dir", "file", "device"};
    int type = status->type >= T_DIR && status->type <= T_DEVICE ? status->type : 0;

    printf("%-20s %-6s %5u %llu\n", name, types[type], status->ino, status->size);
}

/* Entries are read one by one; . and .. are left out. */
static int list_directory(int fd, const char *directory)
{
    char name[DIRSIZ + 1], path[MAX_PATH];
    struct dirent entry;
    struct stat status;
    int result = 0;

    while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
        if (!dirent_name(&entry, name))
            continue;
        if (path_join(path, sizeof(path), directory, name) < 0 || stat(path, &status) < 0) {
            warn("ls", name);
            result = 1;
            continue;
        }
        show(name, &status);
    }
    return result;
}

static int list(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY), result = 0;

    if (fd < 0 || fstat(fd, &status) < 0) {
        warn("ls", path);
        result = 1;
    } else if (status.type == T_DIR) {
        result = list_directory(fd, path);
    } else {
        show(path, &status);
    }
    if (fd >= 0)
        close(fd);
    return result;
}

int main(int argc, char *argv[])
{
    int result = 0;

    if (argc == 1)
        return list(".");
    for (int i = 1; i < argc; i++)
        result |= list(argv[i]);
    return result;
}
