/* head [-n LINES] [FILE]…: the first lines (10) of the files, or of standard input. */
#include "user.h"

static void show(int fd, long count)
{
    struct lines lines;
    size_t length;
    char *line;

    lines_start(&lines, fd);
    while (count-- > 0 && (line = lines_next(&lines, &length)) != NULL)
        write_full(STDOUT, line, length);
    lines_stop(&lines);
}

int main(int argc, char *argv[])
{
    long count = 10;
    int first = 1, status = 0;

    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        if (parse_number(argv[2], &count) < 0)
            die("head", argv[2]);
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
