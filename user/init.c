/*
 * The first process. Opens the console as 0, 1 and 2; then, without arguments, keeps a shell
 * running; with one, runs it as a shell command and powers off with its status (STATUS_...).
 * Orphans become its children, and end here.
 */
#include "user.h"

#define CONSOLE_MAJOR 1
#define CONSOLE_COOKED 0
#define CONSOLE_RAW 1

#define STATUS_MAX 123    /* what a command can end with, as the runner tells it */
#define STATUS_KILLED 125 /* the shell itself was killed */

extern char etext[], end[];

/* A swap disk that fails ends the processes that need it; this one ends the machine. */
static void hold_self(void)
{
    char *data = (char *)((unsigned long)etext & -PAGE_SIZE);
    char *stack = (char *)((unsigned long)__builtin_frame_address(0) & -PAGE_SIZE);

    mlock(data, (unsigned long)(end - data)); /* where memory is too small for that, do without */
    mlock(stack, PAGE_SIZE);
}

static void open_console(void)
{
    mknod("/console", CONSOLE_MAJOR, CONSOLE_COOKED); /* both stay on the disk: EEXIST is fine */
    mknod("/console_raw", CONSOLE_MAJOR, CONSOLE_RAW);
    if (open("/console", O_RDWR) != STDIN || dup(STDIN) != STDOUT || dup(STDIN) != STDERR)
        poweroff(STATUS_KILLED);
}

/* Runs a shell and returns its status, burying orphans meanwhile. */
static int run_shell(char *const argv[])
{
    int shell = fork(), status, pid;

    if (shell < 0)
        die("init", "fork");
    if (shell == 0) {
        exec("/sh", argv);
        die("init", "/sh");
    }
    while ((pid = wait(&status)) != shell) {
        if (pid < 0)
            die("init", "wait");
    }
    return status;
}

static int poweroff_status(int status)
{
    if (status == WAIT_KILLED)
        return STATUS_KILLED;
    if (status == STATUS_KILLED)
        return status;
    return status < 0 || status > STATUS_MAX ? STATUS_MAX : status;
}

int main(int argc, char *argv[])
{
    char *shell[] = {"sh", NULL, NULL, NULL};

    hold_self();
    open_console();
    if (argc > 1) {
        shell[1] = "-c";
        shell[2] = argv[1];
        poweroff(poweroff_status(run_shell(shell)));
    }
    for (;;) {
        if (run_shell(shell) == WAIT_KILLED)
            printf("init: the shell was killed; here is another\n");
    }
}
