/*
 * sh: from the console or standard input line by line; `sh file`; `sh -c text`.
 *
 * At the console each line is for itself. Elsewhere a command may go on over lines, and the first
 * text that is not understood ends the shell: what follows was written to run after it.
 */
#include "sh.h"

/* Where text comes from that is not typed. */
static struct {
    const char *name;       /* a file's; NULL: standard input */
    const char *text;       /* of that file */
    size_t bytes;           /* of it, that are left */
    int number;             /* lines so far */
    char *command;          /* the lines of the command that is read now */
    size_t length, room;
    int first;              /* number of its first line */
    const char *trouble;    /* why it cannot be run; or NULL */
} input;

/* Up to 24 bytes from the place of the error, to the end of its line. */
static int shown_length(const char *at)
{
    int length = 0;

    while (at[length] && at[length] != '\n' && length < 24)
        length++;
    while (length == 24 && (at[length] & 0xc0) == 0x80) /* in the middle of a character */
        length++;
    return length;
}

static void say_error(const char *text, const struct syntax_error *error)
{
    int number = input.first, length = shown_length(error->at);

    for (const char *c = text; c < error->at; c++)
        number += *c == '\n';
    fprintf(STDERR, "sh: ");
    if (input.name)
        fprintf(STDERR, "%s: ", input.name);
    if (input.first > 0)
        fprintf(STDERR, "line %d: ", number);
    if (length > 0)
        fprintf(STDERR, "%s, at \"%.*s\"\n", error->what, length, error->at);
    else
        fprintf(STDERR, "%s, at the end%s\n", error->what, *error->at ? " of the line" : "");
}

/* Returns: was it understood? */
static int run_text(const char *text)
{
    struct syntax_error error;
    struct node *node = parse(text, &error);

    interrupted = 0;
    if (error.what) {
        say_error(text, &error);
        last_status = STATUS_SYNTAX;
    } else if (node) {
        run(node);
    }
    parse_free();
    return error.what == NULL;
}

/* The last words of `sh -c text`: a lone command takes over this process. */
static void run_text_and_exit(const char *text)
{
    struct syntax_error error;
    struct node *node = parse(text, &error);

    if (error.what) {
        say_error(text, &error);
        exit(STATUS_SYNTAX);
    }
    run_and_exit(node);
}

/* The whole file is read before the first command runs, so no child inherits its descriptor. */
static void read_file(const char *path)
{
    struct stat status;
    char *text;
    int fd = open(path, O_RDONLY);
    ssize_t n;

    if (fd < 0 || fstat(fd, &status) < 0)
        die("sh", path);
    if (status.type == T_DIR) {
        errno = EISDIR;
        die("sh", path);
    }
    text = malloc(status.size + 1);
    if (text == NULL)
        die("sh", path);
    n = read_full(fd, text, status.size);
    if (n < 0)
        die("sh", path);
    close(fd);
    input.name = path;
    input.text = text;
    input.bytes = (size_t)n;
}

/* Byte by byte, so that a command that reads standard input finds what follows its line. */
static int next_byte(char *byte)
{
    if (input.name == NULL)
        return read(STDIN, byte, 1) == 1;
    if (input.bytes == 0)
        return 0;
    input.bytes--;
    *byte = *input.text++;
    return 1;
}

static void command_put(char byte)
{
    if (input.length + 1 >= input.room) {
        size_t room = input.room ? 2 * input.room : 256;
        char *command = input.trouble ? NULL : realloc(input.command, room);

        if (command == NULL) { /* the rest of the line is read, and dropped */
            input.trouble = "the line is too long for the memory that there is";
            return;
        }
        input.command = command;
        input.room = room;
    }
    input.command[input.length++] = byte;
    input.command[input.length] = 0;
}

/* Puts one line behind those of the command so far. Returns 0 at the end of the text. */
static int command_add_line(void)
{
    char byte;

    if (!next_byte(&byte))
        return 0;
    input.number++;
    do {
        if (byte == 0)
            input.trouble = "a NUL character: this is no text";
        else
            command_put(byte);
    } while (byte != '\n' && next_byte(&byte));
    return 1;
}

static int goes_on(void)
{
    return input.length > 1 && strcmp(input.command + input.length - 2, "\\\n") == 0;
}

/* Lines until they are a whole command, or wrong. Returns 0 at the end of the text. */
static int read_command(void)
{
    struct syntax_error error;

    input.length = 0;
    input.first = input.number + 1;
    if (!command_add_line())
        return 0;
    for (;;) {
        if (input.trouble || input.command == NULL)
            return 1;
        parse(input.command, &error);
        parse_free();
        if (!goes_on() && (error.what == NULL || !error.at_end))
            return 1;
        if (!command_add_line())
            return 1;
    }
}

static void run_input(void)
{
    while (read_command()) {
        if (input.trouble) {
            fprintf(STDERR, "sh: %s%sline %d: %s\n", input.name ? input.name : "",
                    input.name ? ": " : "", input.number, input.trouble);
            last_status = STATUS_SYNTAX;
            return;
        }
        if (!run_text(input.command))
            return;
    }
}

/* The raw console is open only while a line is edited: children shall not inherit it. */
static char *typed_line(void)
{
    int console = open("/console_raw", O_RDWR);
    char *line;

    if (console < 0)
        die("sh", "/console_raw");
    line = edit_line(console);
    close(console);
    return line;
}

/* Ctrl-C is for the jobs that this shell starts, not for itself: it reads the key. */
static void run_typed(void)
{
    char *line;

    foreground(-getpid());
    foreground(0);
    if (getppid() == 1)
        printf("The shell is small: no variables, no control flow. `help` tells what there is.\n");
    while ((line = typed_line()) != NULL)
        run_text(line);
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

    shell_pid = getpid();
    open_standard_descriptors();
    if (argc > 2 && strcmp(argv[1], "-c") == 0)
        run_text_and_exit(argv[2]);
    if (argc > 1 && argv[1][0] == '-') {
        fprintf(STDERR, "usage: sh [FILE | -c TEXT]\n");
        exit(STATUS_SYNTAX);
    }
    if (argc > 1)
        read_file(argv[1]);
    else
        interactive = fstat(STDIN, &status) == 0 && status.type == T_DEVICE;
    if (interactive)
        run_typed();
    else
        run_input();
    exit(last_status);
}
