/* The C library and the tools: numbers, formats, output that cannot be written. */
#include "test.h"

struct number_row {
    const char *text;
    int error; /* 0: it is read */
    long value;
};

static void numbers_are_read(void)
{
    static const struct number_row rows[] = {
        {"0", 0, 0}, {"7", 0, 7}, {"-3", 0, -3}, {"+4", 0, 4}, {"2147483647", 0, INT_MAX},
        {"", EINVAL, 0}, {"-", EINVAL, 0}, {"x", EINVAL, 0}, {"7x", EINVAL, 0}, {"7 ", EINVAL, 0},
        {"0x7", EINVAL, 0}, {"-4", ERANGE, 0}, {"2147483648", ERANGE, 0},
        {"4294967301", ERANGE, 0}, {"-4294967295", ERANGE, 0},
        {"18446744073709551621", ERANGE, 0}, {"99999999999999999999999999", ERANGE, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long value = 1000;
        int result;

        errno = 0;
        result = parse_number(rows[i].text, -3, INT_MAX, &value);
        if (errno != rows[i].error || result != (rows[i].error ? -1 : 0) ||
            (result == 0 && value != rows[i].value))
            fail("\"%s\": %d, errno %d, %ld", rows[i].text, result, errno, value);
    }
    errno = 0;
    expect(strtol("-9223372036854775808", NULL, 10) == -LONG_MAX - 1 && errno == 0);
    expect(strtol("9223372036854775808", NULL, 10) == LONG_MAX && errno == ERANGE);
    expect(strtol("-0xffffffffffffffffff", NULL, 0) == -LONG_MAX - 1);
    expect(atoi("4294967301") == INT_MAX && atoi("-4294967301") == -INT_MAX - 1);
    expect(atoi(" -12x") == -12);
}

/* Standard error is a file, which is read afterwards. */
static void keep_what_is_said(void)
{
    expect(close(STDERR) == 0 && open("said", O_CREATE | O_TRUNC | O_WRONLY) == STDERR);
}

static void bad_numbers_are_refused(void)
{
    static char *const commands[][5] = {
        {"kill", "4294967297"}, {"kill", "x"}, {"kill", "-1"}, {"sleep", "4294967297"},
        {"sleep", "-1"}, {"sleep", "1x"}, {"head", "-n", "1x"}, {"vmstat", "4294967297", "1"},
        {"vmstat", "1", "0"}, {"limit", "4294967304", "true"}, {"limit", "8,x", "true"},
        {"shutdown", "124"}, {"shutdown", "-1"}, {"shutdown", "now"}, {"grind", "-n", "x"},
        {"stressfs", "-p", "4294967297"}, {"reftrace", "rnd", "lru", "x"},
    };

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int status, pid = fork();

        if (pid == 0) {
            char path[16];

            keep_what_is_said();
            snprintf(path, sizeof(path), "/%s", commands[i][0]);
            exec(path, commands[i]);
            exit(99);
        }
        status = wait_for(pid);
        pid = open("said", O_RDONLY);
        if (status != 1 || file_size(pid) == 0)
            fail("%s %s ended with %d", commands[i][0], commands[i][1], status);
        close(pid);
    }
}

static void formats(void)
{
    const char *volatile nothing = NULL;
    char text[128];

    expect_equal(snprintf(text, sizeof(text), "%d|%5d|%-5d|%05d|%x|%X", -5, -6, 7, -8, 0xabcu,
                          0xabcu), 28);
    expect(strcmp(text, "-5|   -6|7    |-0008|abc|ABC") == 0);
    snprintf(text, sizeof(text), "%lu|%llx|%zu|%c|%.2s|%4s|%%|%s", -1ul, -1ull, (size_t)9, 'c',
             "xyz", "w", nothing);
    expect(strcmp(text, "18446744073709551615|ffffffffffffffff|9|c|xy|   w|%|(null)") == 0);
    snprintf(text, sizeof(text), "%p", (void *)0xabc);
    expect(strcmp(text, "0x0000000000000abc") == 0);
    expect_equal(snprintf(text, 4, "%s", "longer"), 6);
    expect(strcmp(text, "lon") == 0);
}

/* Standard output is a pipe that nobody reads. */
static void close_the_way_out(void)
{
    int ends[2];

    expect(pipe(ends) == 0 && close(STDOUT) == 0 && dup(ends[1]) == STDOUT);
    expect(close(ends[0]) == 0 && close(ends[1]) == 0);
}

static void printf_tells_failure(void)
{
    int ends[2];

    expect_error(fprintf(-1, "no such descriptor"), EBADF);
    expect(pipe(ends) == 0);
    expect_equal(fprintf(ends[1], "%s", "four"), 4);
    close(ends[0]);
    expect_error(fprintf(ends[1], "x"), EPIPE);
    expect_error(fprintf(ends[1], "%1000d", 1), EPIPE);
    expect_error(write_full(ends[1], "x", 1), EPIPE);
}

static void lost_output_is_told(void)
{
    static char *const commands[][5] = {
        {"echo", "a"}, {"ls", "/"}, {"ps"}, {"free"}, {"uptime"}, {"limit"}, {"vmstat"},
        {"vmstat", "1"}, {"cat", "/README"}, {"grep", "a", "/README"}, {"hexdump", "/README"},
        {"head", "/README"},
    };
    char said[128], wanted[64];

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int pid = fork(), fd, status;

        if (pid == 0) {
            close_the_way_out();
            keep_what_is_said();
            snprintf(said, sizeof(said), "/%s", commands[i][0]);
            exec(said, commands[i]);
            exit(99);
        }
        status = wait_for(pid);
        fd = open("said", O_RDONLY);
        memset(said, 0, sizeof(said));
        read(fd, said, sizeof(said) - 1);
        close(fd);
        snprintf(wanted, sizeof(wanted), "%s: write error: %s\n", commands[i][0], strerror(EPIPE));
        if (status != 1 || strcmp(said, wanted) != 0)
            fail("%s ended with %d, and said: %s", commands[i][0], status, said);
    }
}

static void do_nothing(long unused)
{
    (void)unused;
}

static void print_and_exit(long status)
{
    close_the_way_out();
    keep_what_is_said();
    expect(printf("lost") < 0);
    join(spawn(do_nothing, 0));
    exit((int)status);
}

/* exit() is told, too; a child that was forked afterwards has lost nothing. */
static void exit_tells_lost_output(void)
{
    expect_equal(wait_for(spawn(print_and_exit, 0)), 1);
    expect_equal(wait_for(spawn(print_and_exit, 7)), 7);
}

const struct test library_tests[] = {
    {"numbers_are_read", numbers_are_read, QUICK},
    {"bad_numbers_are_refused", bad_numbers_are_refused, QUICK},
    {"formats", formats, QUICK},
    {"printf_tells_failure", printf_tells_failure, QUICK},
    {"lost_output_is_told", lost_output_is_told, QUICK},
    {"exit_tells_lost_output", exit_tells_lost_output, QUICK},
    {NULL, NULL, QUICK},
};
