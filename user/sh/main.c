/* sh: from the console or standard input line by line; `sh file`; `sh -c text`. */
#include "sh.h"

static int run_text(const char *text)
{
    const char *error;
    struct node *node = parse(text, &error);

    if (error) {
        fprintf(STDERR, "sh: %s\n", error);
        last_status = STATUS_SYNTAX;
    } else if (node) {
        run(node);
    }
    parse_free();
    return last_status;
}

/* The last words of `sh -c text`: a lone command takes over this process. */
static void run_text_and_exit(const char *text)
{
    const char *error;
    struct node *node = parse(text, &error);

    if (error) {
        fprintf(STDERR, "sh: %s\n", error);
        exit(STATUS_SYNTAX);
    }
    run_and_exit(node);
}

/* The whole file is read before the first command runs, so no child inherits its descriptor. */
static char *read_file(const char *path)
{
    struct stat status;
    char *text;
    int fd = open(path, O_RDONLY);
    ssize_t n;

    if (fd < 0 || fstat(fd, &status) < 0)
        die("sh", path);
    text = malloc(status.size + 1);
    if (text == NULL)
        die("sh", path);
    n = read_full(fd, text, status.size);
    if (n < 0)
        die("sh", path);
    text[n] = 0;
    close(fd);
    return text;
}

static char *plain_line(void)
{
    static char line[LINE_MAX];

    if (interactive)
        fprintf(STDERR, PROMPT);
    gets(line, sizeof(line));
    return line[0] ? line : NULL;
}

/* The raw console is open only while a line is edited: children shall not inherit it. */
static char *next_line(void)
{
    int console = interactive ? open("/console_raw", O_RDWR) : -1;
    char *line;

    if (console < 0)
        return plain_line();
    line = edit_line(console);
    close(console);
    return line;
}

/* Descriptors 0, 1 and 2 must be open: redirection relies on it. */
static void open_standard_descriptors(void)
{
    int fd;

    while ((fd = open("/console", O_RDWR)) >= 0) {
        if (fd > STDERR) {
            close(fd);
            break;
        }
    }
}

int main(int argc, char *argv[])
{
    struct stat status;
    char *line;

    shell_pid = getpid();
    open_standard_descriptors();
    if (argc > 2 && strcmp(argv[1], "-c") == 0)
        run_text_and_exit(argv[2]);
    if (argc > 1)
        exit(run_text(read_file(argv[1])));
    interactive = fstat(STDIN, &status) == 0 && status.type == T_DEVICE;
    while ((line = next_line()) != NULL)
        run_text(line);
    exit(last_status);
}
