/*
 * feed COMMAND: runs a shell command with what the host sends as its standard input. That is how
 * `make run < file` works. Some bytes are keys of the console, so the host sends ~ instead, and
 * then the byte with bit 6 changed; so it does with ~ itself. ~. is the end. A process of its own
 * passes the bytes on through a pipe: the command may end before them.
 */
#include "user.h"

#define ESCAPE '~'
#define END '.'
#define CHANGED_BIT 0x40

static char piece[96], decoded[sizeof(piece)];

/* Returns: is there more to come? */
static int decode(ssize_t bytes, size_t *length)
{
    static int escaped;

    *length = 0;
    for (ssize_t i = 0; i < bytes; i++) {
        if (!escaped && piece[i] == ESCAPE) {
            escaped = 1;
            continue;
        }
        if (escaped && piece[i] == END)
            return 0;
        decoded[(*length)++] = (char)(escaped ? piece[i] ^ CHANGED_BIT : piece[i]);
        escaped = 0;
    }
    return 1;
}

static void __attribute__((noreturn)) pass_on(int to)
{
    int console = open("/console_raw", O_RDONLY), more = 1;

    if (console < 0)
        die("feed", "/console_raw");
    while (more) {
        ssize_t n = read(console, piece, sizeof(piece));
        size_t length;

        if (n <= 0)
            break;
        more = decode(n, &length);
        if (write_full(to, decoded, length) < 0)
            break;
    }
    exit(0);
}

int main(int argc, char *argv[])
{
    char *shell[] = {"sh", "-c", argc > 1 ? argv[1] : NULL, NULL};
    int ends[2], feeder, command, status, cause, pid;

    if (argc != 2) {
        fprintf(STDERR, "usage: feed COMMAND\n");
        return 2;
    }
    if (pipe(ends) < 0)
        die("feed", "pipe");
    feeder = fork();
    if (feeder == 0) {
        close(ends[0]);
        pass_on(ends[1]);
    }
    close(ends[1]);
    command = feeder < 0 ? -1 : fork();
    if (command < 0)
        die("feed", "fork");
    if (command == 0) {
        close(STDIN);
        dup(ends[0]);
        close(ends[0]);
        exec("/sh.xv39", shell); /* as init does */
        exec("/sh", shell);
        die("feed", "/sh");
    }
    close(ends[0]);
    do
        pid = wait_info(&status, &cause);
    while (pid >= 0 && pid != command);
    kill(feeder);
    return end_status(status, cause);
}
