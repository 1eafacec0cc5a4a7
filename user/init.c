/*
 * The first process. Opens the console as 0, 1 and 2; then, without arguments, keeps a shell
 * running; with one, runs it as a shell command and powers off with its status. What that number
 * cannot tell stands in a last line, for the host to read.
 * Orphans become its children, and end here.
 */
#include "user.h"

#define CONSOLE_MAJOR 1
#define CONSOLE_COOKED 0
#define CONSOLE_RAW 1

#define STATUS_MAX 123 /* the host takes those above for its own; END_KILLED: it was killed */

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
        poweroff(END_KILLED);
}

/* A command's standard input has ended, unless the command says where it comes from. */
static void close_input(void)
{
    int ends[2];

    if (pipe(ends) < 0)
        return;
    close(ends[1]);
    close(STDIN);
    dup(ends[0]);
    close(ends[0]);
}

/* Runs a shell and returns its end_status(), burying orphans meanwhile. */
static int run_shell(char *const argv[])
{
    int shell = fork(), status, cause, pid;

    if (shell < 0)
        die("init", "fork");
    if (shell == 0) {
        if (argv[1]) {
            close_input();
            exec("/sh.xv39", argv); /* it is there where somebody's own shell is /sh */
        }
        exec("/sh", argv);
        die("init", "/sh");
    }
    while ((pid = wait_info(&status, &cause)) != shell) {
        if (pid < 0)
            die("init", "wait");
    }
    return end_status(status, cause);
}

static void tell_and_poweroff(int status)
{
    if (end_cause(status) != CAUSE_EXITED) {
        printf("init: the command was killed: %s\n", cause_name(end_cause(status)));
        poweroff(END_KILLED);
    }
    if (status > STATUS_MAX) {
        printf("init: the command exited with %d\n", status);
        poweroff(STATUS_MAX);
    }
    poweroff(status);
}

int main(int argc, char *argv[])
{
    char *shell[] = {"sh", NULL, NULL, NULL};

    hold_self();
    open_console();
    if (argc > 1) {
        shell[1] = "-c";
        shell[2] = argv[1];
        tell_and_poweroff(run_shell(shell));
    }
    for (;;) {
        int cause = end_cause(run_shell(shell));

        if (cause != CAUSE_EXITED)
            printf("init: the shell was killed (%s); here is another\n", cause_name(cause));
    }
}
