/* mkdir DIRECTORY…: makes them. */
#include "user.h"

int main(int argc, char *argv[])
{
    int status = 0;

    if (argc == 1) {
        fprintf(STDERR, "usage: mkdir DIRECTORY...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        if (mkdir(argv[i]) < 0) {
            warn("mkdir", argv[i]);
            status = 1;
        }
    }
    return status;
}
