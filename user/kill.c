/* kill PID…: ends the processes. */
#include "user.h"

int main(int argc, char *argv[])
{
    int status = 0;

    if (argc == 1) {
        fprintf(STDERR, "usage: kill PID...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        long pid;

        if (parse_number(argv[i], 1, INT_MAX, &pid) < 0 || kill((int)pid) < 0) {
            warn("kill", argv[i]);
            status = 1;
        }
    }
    return status;
}
