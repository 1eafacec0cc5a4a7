/* time COMMAND…: runs it, then says how long it took. The status is the command's. */
#include "user.h"

int main(int argc, char *argv[])
{
    char path[MAX_PATH];
    int start, pid, status, cause, ticks;

    if (argc < 2) {
        fprintf(STDERR, "usage: time COMMAND...\n");
        return 2;
    }
    start = uptime();
    pid = fork();
    if (pid < 0)
        die("time", "fork");
    if (pid == 0) {
        if (path_join(path, sizeof(path), "/", argv[1]) == 0)
            exec(path, argv + 1);
        exec(argv[1], argv + 1);
        die("time", argv[1]);
    }
    wait_info(&status, &cause);
    ticks = uptime() - start;
    if (fprintf(STDERR, "%d.%d s\n", ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND) < 0 &&
        cause == CAUSE_EXITED && status == 0)
        status = 1;
    return end_status(status, cause);
}
