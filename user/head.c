/* head [-n LINES] [FILE]…: the first lines (10) of the files, or of standard input. */
#include "user.h"

static void show(int fd, long count)
{
    struct lines lines;
    size_t length;
    char *line;

    lines_start(&lines, fd);
    while (count-- > 0 && (line = lines_next(&lines, &length)) != NULL) {
        if (write_full(STDOUT, line, length) < 0)
            break;
    }
    lines_stop(&lines);
}

int main(int argc, char *argv[])
{
    long count = 10;
    int first = 1, status = 0;

    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        count = number_or_die("head", argv[2], 0, LONG_MAX);
        first = 3;
    }
    if (argc == first)
        show(STDIN, count);
    for (int i = first; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);

        if (fd < 0) {
            warn("head", argv[i]);
            status = 1;
            continue;
        }
        show(fd, count);
        close(fd);
    }
    return status;
}
