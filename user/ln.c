/* ln OLD NEW: a second name for a file. */
#include "user.h"

int main(int argc, char *argv[])
{
    struct stat status;

    if (argc != 3) {
        fprintf(STDERR, "usage: ln OLD NEW\n");
        return 2;
    }
    if (stat(argv[1], &status) < 0) /* link() would not say which of the two is not there */
        die("ln", argv[1]);
    if (link(argv[1], argv[2]) < 0)
        die("ln", argv[2]);
    return 0;
}
