/* hexdump [FILE]: offset, bytes and characters, 16 to the line. */
#include "user.h"

#define ROW 16

/* Returns less than 0 if it could not be written. */
static int show_row(unsigned long offset, const unsigned char *row, int length)
{
    printf("%08lx ", offset);
    for (int i = 0; i < ROW; i++) {
        if (i < length)
            printf(" %02x", row[i]);
        else
            printf("   ");
    }
    printf("  |");
    for (int i = 0; i < length; i++)
        printf("%c", row[i] >= ' ' && row[i] < 127 ? row[i] : '.');
    return printf("|\n");
}

int main(int argc, char *argv[])
{
    unsigned char row[ROW];
    unsigned long offset = 0;
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : STDIN;
    ssize_t n;

    if (fd < 0)
        die("hexdump", argv[1]);
    while ((n = read_full(fd, row, ROW)) > 0) {
        if (show_row(offset, row, (int)n) < 0)
            break;
        offset += (unsigned long)n;
    }
    if (n < 0)
        die("hexdump", argc > 1 ? argv[1] : "standard input");
    return 0;
}
