/* wc [FILE]…: lines, words and bytes. */
#include "user.h"

static char buffer[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static int count(int fd, const char *name)
{
    long lines = 0, words = 0, bytes = 0;
    int in_word = 0;
    ssize_t n;

    while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
        bytes += n;
        for (ssize_t i = 0; i < n; i++) {
            int is_blank = buffer[i] == 0 || strchr(" \t\r\n\v\f", buffer[i]) != NULL;

            lines += buffer[i] == '\n';
            words += !is_blank && !in_word;
            in_word = !is_blank;
        }
    }
    if (n < 0) {
        warn("wc", name);
        return 1;
    }
    printf("%ld %ld %ld %s\n", lines, words, bytes, name);
    return 0;
}

int main(int argc, char *argv[])
{
    int status = 0;

    if (argc == 1)
        return count(STDIN, "");
    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);

        if (fd < 0) {
            warn("wc", argv[i]);
            status = 1;
            continue;
        }
        status |= count(fd, argv[i]);
        close(fd);
    }
    return status;
}
