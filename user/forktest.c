/*
 * forktest: forks until that fails, says how often it worked and why it ended, and then checks
 * that exactly so many children can be waited for.
 */
#include "user.h"

#define MANY 10000 /* more than any machine here can have */

static void fail(const char *what)
{
    fprintf(STDERR, "forktest: %s\n", what);
    exit(1);
}

/* A child lives until the parent closes its end of the pipe, so that all live at once. */
static void child(const int gate[2])
{
    char byte;

    close(gate[1]);
    exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
}

int main(void)
{
    int gate[2], count = 0, pid = 0, status, error;

    if (pipe(gate) < 0)
        die("forktest", "pipe");
    for (; count < MANY && (pid = fork()) >= 0; count++) {
        if (pid == 0)
            child(gate);
    }
    error = errno;
    if (pid >= 0)
        fail("fork never failed");
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < count; i++) {
        if (wait(&status) < 0)
            fail("a child is missing");
        if (status != 0)
            fail("a child failed");
    }
    if (wait(NULL) != -1 || errno != ECHILD)
        fail("a child too many");
    printf("forktest: %d children, then: %s\n", count, strerror(error));
    return 0;
}
