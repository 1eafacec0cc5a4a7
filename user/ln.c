/* ln OLD NEW: a second name for a file. */
#include "user.h"

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(STDERR, "usage: ln OLD NEW\n");
        return 2;
    }
    if (link(argv[1], argv[2]) < 0)
        die("ln", argv[2]);
    return 0;
}
