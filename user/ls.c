/*
 * ls [-l] [-a] [FILE]…: for each file, or each entry of a directory: name, type, inode, size. -l:
 * by name, and type, links, inode, size, name. -a: . and .. as well.
 */
#include "user.h"

static int is_long, shows_all;

/* What -l is to show of a directory. */
struct row {
    struct row *next;
    struct stat status;
    char name[DIRSIZ + 1];
};

static struct row *rows; /* by name */

static const char *type_name(const struct stat *status)
{
    static const char *const types[] = {"?", "dir", "file", "device"};

    return types[status->type >= T_DIR && status->type <= T_DEVICE ? status->type : 0];
}

static void show(const char *name, const struct stat *status)
{
    if (is_long)
        printf("%-6s %3d %6u %10llu %s\n", type_name(status), status->nlink, status->ino,
               status->size, name);
    else
        printf("%-20s %-6s %5u %llu\n", name, type_name(status), status->ino, status->size);
}

/* Without memory it is shown at once, out of order. */
static void row_add(const char *name, const struct stat *status)
{
    struct row **at = &rows, *row = malloc(sizeof(*row));

    if (row == NULL) {
        show(name, status);
        return;
    }
    row->status = *status;
    strcpy(row->name, name);
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    row->next = *at;
    *at = row;
}

static void rows_show(void)
{
    while (rows) {
        struct row *row = rows;

        rows = row->next;
        show(row->name, &row->status);
        free(row);
    }
}

static int is_wanted(const struct dirent *entry, char name[DIRSIZ + 1])
{
    return dirent_name(entry, name) || (shows_all && entry->inum != 0);
}

/* Entries are read one by one. */
static int list_directory(int fd, const char *directory)
{
    char name[DIRSIZ + 1], path[MAX_PATH];
    struct dirent entry;
    struct stat status;
    int result = 0;

    while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
        if (!is_wanted(&entry, name))
            continue;
        if (path_join(path, sizeof(path), directory, name) < 0 || stat(path, &status) < 0) {
            warn("ls", name);
            result = 1;
            continue;
        }
        if (is_long)
            row_add(name, &status);
        else
            show(name, &status);
    }
    rows_show();
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

/* Returns how many of argv are options. */
static int read_options(int argc, char *argv[])
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        for (const char *letter = argv[i] + 1; *letter; letter++) {
            if (*letter != 'l' && *letter != 'a') {
                fprintf(STDERR, "ls: -%c is not known\nusage: ls [-l] [-a] [FILE]...\n", *letter);
                exit(2);
            }
            is_long |= *letter == 'l';
            shows_all |= *letter == 'a';
        }
    }
    return i - 1;
}

int main(int argc, char *argv[])
{
    int result = 0, options = read_options(argc, argv);

    if (argc - options == 1)
        return list(".");
    for (int i = 1 + options; i < argc; i++)
        result |= list(argv[i]);
    return result;
}
