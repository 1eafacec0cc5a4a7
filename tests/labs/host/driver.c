/* Reads a script, runs each case in a process of its own. See driver.h. */
#include "driver.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync/not_written.h"
#include "sync/spinlock.h"

#define CASE_SECONDS 2 /* of processor time; a case takes some milliseconds */
#define LATE_MAX 2     /* cases that take longer, until no more are tried */
#define STATUS_PANIC 3

static void tell_v(const char *begin, const char *format, va_list list)
{
    printf("\n= %s", begin); /* whatever a left-over printf has begun ends here */
    vprintf(format, list);
    printf("\n");
    fflush(stdout);
}

void tell(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell_v("", format, list);
    va_end(list);
}

/* ---- what stands in for the kernel ---- */

void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell_v("panic ", format, list);
    va_end(list);
    _exit(STATUS_PANIC);
}

void not_written(const char *function)
{
    tell("not-written %s", function);
    _exit(STATUS_PANIC);
}

const char *__asan_default_options(void);
void xv39_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void xv39_printf(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vprintf(format, list);
    va_end(list);
}

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    (void)name, (void)rank;
    lock->locked = 0;
}

void spin_lock(struct spinlock *lock)
{
    if (lock->locked)
        panic("a lock is taken twice");
    lock->locked = 1;
}

void spin_unlock(struct spinlock *lock)
{
    if (!lock->locked)
        panic("a lock is released that is not held");
    lock->locked = 0;
}

void spin_assert_held(struct spinlock *lock)
{
    if (!lock->locked)
        panic("a lock is not held that should be");
}

const char *__asan_default_options(void)
{
    return "detect_leaks=0:color=never:hard_rss_limit_mb=512";
}

/* ---- cases ---- */

static void command(char *line)
{
    uint64_t argument[ARGUMENTS_MAX] = {0};
    char *name = strtok(line, " \n"), *word;
    int count = 0;

    if (!name)
        return;
    while (count < ARGUMENTS_MAX && (word = strtok(NULL, " \n")) != NULL)
        argument[count++] = strtoull(word, NULL, 0);
    if (!lab_command(name, argument, count))
        tell("no command is called %s", name);
}

/* In the child: the lines from *line on, up to the next case. */
static void run_case(char **line, char **end)
{
    struct rlimit limit = {CASE_SECONDS, CASE_SECONDS + 1}, none = {0, 0};

    setrlimit(RLIMIT_CPU, &limit);
    setrlimit(RLIMIT_CORE, &none);
    for (; line < end && strncmp(*line, "case ", 5) != 0; line++)
        command(*line);
    exit(0);
}

static char **next_case(char **line, char **end)
{
    while (line < end && strncmp(*line, "case ", 5) != 0)
        line++;
    return line;
}

static void tell_end(int status)
{
    if (WIFSIGNALED(status))
        tell("end signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == STATUS_PANIC)
        tell("end done");
    else
        tell("end exit %d", WEXITSTATUS(status));
}

/* All of standard input, in lines. */
static char **read_script(char ***end)
{
    size_t room = 0, size = 0, lines = 0;
    char **line = NULL, *text = NULL;

    while (getline(&text, &room, stdin) > 0) {
        if (lines == size) {
            size = size ? size * 2 : 1024;
            line = realloc(line, size * sizeof(*line));
        }
        line[lines++] = strdup(text);
    }
    free(text);
    *end = line + lines;
    return line;
}

int main(void)
{
    char **end, **line = read_script(&end);
    int late = 0;

    dup2(STDOUT_FILENO, STDERR_FILENO); /* what a sanitizer says stands beside its case */
    for (line = next_case(line, end); line < end && late < LATE_MAX; line = next_case(line, end)) {
        pid_t pid;
        int status;

        tell("%.*s", (int)strcspn(*line, "\n"), *line);
        line++;
        pid = fork();
        if (pid == 0)
            run_case(line, end);
        if (pid < 0 || waitpid(pid, &status, 0) != pid) {
            fprintf(stderr, "driver: no process for a case: %s\n", strerror(errno));
            return 1;
        }
        late += WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU;
        tell_end(status);
    }
    return 0;
}
