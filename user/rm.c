/* rm [-f] FILE…: removes the names; empty directories too. -f: no word about missing ones. */
#include "user.h"

int main(int argc, char *argv[])
{
    int force = argc > 1 && strcmp(argv[1], "-f") == 0, status = 0;

    if (argc == 1) {
        fprintf(STDERR, "usage: rm [-f] FILE...\n");
        return 2;
    }
    for (int i = 1 + force; i < argc; i++) {
        if (unlink(argv[i]) < 0 && !(force && errno == ENOENT)) {
            warn("rm", argv[i]);
            status = 1;
        }
    }
    return status;
}
