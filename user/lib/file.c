/* What programs often do with files: whole reads and writes, lines, names. */
#include "user.h"

#define LINES_ROOM 4096

int stat(const char *path, struct stat *status)
{
    int fd = open(path, O_RDONLY), result;

    if (fd < 0)
        return -1;
    result = fstat(fd, status);
    close(fd);
    return result;
}

ssize_t read_full(int fd, void *buffer, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = read(fd, (char *)buffer + done, bytes - done);

        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

int write_full(int fd, const void *buffer, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = write(fd, (const char *)buffer + done, bytes - done);

        if (n <= 0) {
            if (fd == STDOUT)
                output_failed();
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

/* Byte by byte, so that the next program finds what follows the line. Empty at the end of file. */
char *gets(char *buffer, int max)
{
    int length = 0;
    char character;

    while (length + 1 < max && read(STDIN, &character, 1) == 1) {
        buffer[length++] = character;
        if (character == '\n' || character == '\r')
            break;
    }
    buffer[length] = 0;
    return buffer;
}

void lines_start(struct lines *lines, int fd)
{
    memset(lines, 0, sizeof(*lines));
    lines->fd = fd;
}

/* Makes room behind end, then reads more. Returns what read() did, or -1. */
static ssize_t lines_fill(struct lines *lines)
{
    ssize_t n;

    if (lines->start > 0) {
        memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->end + 1 >= lines->room) {
        size_t room = lines->room > 0 ? 2 * lines->room : LINES_ROOM;
        char *buffer = realloc(lines->buffer, room);

        if (buffer == NULL)
            return -1;
        lines->buffer = buffer;
        lines->room = room;
    }
    n = read(lines->fd, lines->buffer + lines->end, lines->room - lines->end - 1);
    if (n > 0)
        lines->end += (size_t)n;
    return n;
}

/*
 * The line lies in the reader's buffer until the next call. The NUL that ends it stands where the
 * next line begins, so that character is kept in saved meanwhile.
 */
char *lines_next(struct lines *lines, size_t *length)
{
    size_t size = 0;
    char *line;

    if (lines->buffer)
        lines->buffer[lines->start] = lines->saved;
    do {
        if (lines->start + size == lines->end && lines_fill(lines) <= 0)
            break;
    } while (lines->buffer[lines->start + size++] != '\n');
    if (size == 0)
        return NULL;
    line = lines->buffer + lines->start;
    lines->start += size;
    lines->saved = lines->buffer[lines->start];
    lines->buffer[lines->start] = 0;
    if (length)
        *length = size;
    return line;
}

void lines_stop(struct lines *lines)
{
    free(lines->buffer);
    lines->buffer = NULL;
}

int dirent_name(const struct dirent *entry, char name[DIRSIZ + 1])
{
    memcpy(name, entry->name, DIRSIZ);
    name[DIRSIZ] = 0;
    return entry->inum != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int path_join(char *to, size_t room, const char *directory, const char *name)
{
    size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";

    if ((size_t)snprintf(to, room, "%s%s%s", directory, slash, name) < room)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

const char *path_last(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}
