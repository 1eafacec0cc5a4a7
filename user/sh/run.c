/*
 * Running a tree. Only cd, exit, help and wait act in the shell itself; the rest runs in children.
 *
 * A shell at the console makes each child that it waits for a job in the foreground, for Ctrl-C.
 * The child does it, before it forks or runs anything: so no process of the job is left out. A
 * pipeline runs in one child, and what that forks is of its job.
 */
#include "sh.h"

int last_status;
int interactive;
int interrupted;
int shell_pid;

static int background_count; /* children that nobody waits for */

/* Fork, or say why not. Memory may be short: the shell lives on. */
static int start_child(void)
{
    int pid = fork();

    if (pid < 0)
        warn("sh", "fork");
    return pid;
}

/* The same. A shell at the console puts the child into the foreground. */
static int start_job(void)
{
    int pid = start_child();

    if (pid == 0 && interactive)
        foreground(getpid());
    if (pid == 0)
        interactive = background_count = 0;
    return pid;
}

/* Waits until count of the children have ended; background children may end meanwhile. */
static int wait_for(const int *pids, int count)
{
    int left = count, status = 0, cause = CAUSE_EXITED, result = 0, pid;

    while (left > 0 && (pid = wait_info(&status, &cause)) >= 0) {
        int before = left;

        for (int i = 0; i < count; i++) {
            if (pids[i] != pid)
                continue;
            left--;
            if (i == count - 1)
                result = end_status(status, cause);
        }
        if (left == before)
            background_count--;
    }
    return result;
}

static int wait_for_job(int pid)
{
    int status = wait_for(&pid, 1);

    if (!interactive)
        return status;
    foreground(0);
    interrupted = end_cause(status) == CAUSE_INTERRUPT;
    return status;
}

/* Makes descriptor to mean what from means. 0, 1 and 2 are always open, so dup() gives to. */
static int move_descriptor(int from, int to)
{
    close(to);
    return dup(from) == to ? 0 : -1;
}

static int redirect_one(const struct redirect *redirect)
{
    static const int flags[] = {
        [REDIRECT_FROM] = O_RDONLY,
        [REDIRECT_TO] = O_WRONLY | O_CREATE | O_TRUNC,
        [REDIRECT_APPEND] = O_WRONLY | O_CREATE | O_APPEND,
    };
    char *name = expand(redirect->word, last_status);
    int fd = -1, result;
    long number;

    if (redirect->kind != REDIRECT_COPY)
        fd = open(name, flags[redirect->kind]);
    else if (parse_number(name, 0, INT_MAX, &number) == 0)
        fd = dup((int)number);
    result = fd < 0 ? -1 : move_descriptor(fd, redirect->fd);
    if (result < 0)
        warn("sh", name);
    if (fd >= 0)
        close(fd);
    free(name);
    return result;
}

static void redirect_all(const struct node *node)
{
    for (const struct redirect *r = node->redirects; r; r = r->next) {
        if (redirect_one(r) < 0)
            exit(1);
    }
}

static int builtin_cd(char **argv)
{
    const char *path = argv[1] ? argv[1] : "/";

    if (chdir(path) == 0)
        return 0;
    warn("cd", path);
    return 1;
}

static int builtin_exit(char **argv)
{
    exit(argv[1] ? (int)number_or_die("exit", argv[1], -INT_MAX, INT_MAX) : last_status);
}

/*
 * Waits for all in the background. So that Ctrl-C ends the wait, there is a job in the foreground
 * meanwhile, which only sleeps.
 */
static int builtin_wait(char **argv)
{
    int status, cause, pid, sleeper = -1;

    (void)argv;
    if (interactive && background_count > 0)
        sleeper = start_job();
    if (sleeper == 0)
        sleep(INT_MAX);
    while ((!interactive || background_count > 0) && (pid = wait_info(&status, &cause)) >= 0) {
        if (pid == sleeper) {
            interrupted = 1;
            break;
        }
        background_count--;
    }
    if (sleeper > 0 && !interrupted) {
        kill(sleeper);
        wait_for(&sleeper, 1);
    }
    if (sleeper > 0)
        foreground(0);
    return interrupted ? end_status(0, CAUSE_INTERRUPT) : 0;
}

static int (*builtin_find(const char *name))(char **argv)
{
    static const struct {
        const char *name;
        int (*function)(char **argv);
    } builtins[] = {{"cd", builtin_cd}, {"exit", builtin_exit}, {"help", builtin_help},
                    {"wait", builtin_wait}};

    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcmp(name, builtins[i].name) == 0)
            return builtins[i].function;
    }
    return NULL;
}

/* A name without a slash is looked for in the root, where the programs lie, then right here. */
static void exec_program(char **argv)
{
    char path[DIRSIZ + 2];

    if (strchr(argv[0], '/') == NULL && path_join(path, sizeof(path), "/", argv[0]) == 0) {
        exec(path, argv);
        if (errno != ENOENT) {
            warn("sh", argv[0]);
            exit(STATUS_CANNOT_RUN);
        }
    }
    exec(argv[0], argv);
    if (errno == ENOENT) {
        const char *missing = missing_feature(argv[0]);

        fprintf(STDERR, missing ? "sh: %s: not found: %s\n" : "sh: %s: not found\n", argv[0],
                missing);
        exit(STATUS_NOT_FOUND);
    }
    warn("sh", argv[0]);
    exit(STATUS_CANNOT_RUN);
}

static void expand_words(const struct node *node, char *argv[MAX_ARGS + 1])
{
    for (int i = 0; i < node->argc; i++)
        argv[i] = expand(node->words[i], last_status);
    argv[node->argc] = NULL;
}

void run_and_exit(struct node *node)
{
    char *argv[MAX_ARGS + 1];
    int (*builtin)(char **argv);

    while (node && node->kind == NODE_LIST && node->right == NULL)
        node = node->left;
    if (node == NULL)
        exit(0);
    if (node->kind != NODE_COMMAND && node->kind != NODE_SUBSHELL)
        exit(run(node));
    redirect_all(node);
    if (node->kind == NODE_SUBSHELL)
        run_and_exit(node->left);
    if (node->argc == 0)
        exit(0);
    expand_words(node, argv);
    builtin = builtin_find(argv[0]);
    if (builtin)
        exit(builtin(argv));
    exec_program(argv);
    exit(STATUS_CANNOT_RUN);
}

static int run_in_child(struct node *node)
{
    int pid = start_job();

    if (pid < 0)
        return 1;
    if (pid == 0)
        run_and_exit(node);
    return wait_for_job(pid);
}

static int run_command(struct node *node)
{
    char *argv[MAX_ARGS + 1];
    int (*builtin)(char **argv);
    int status;

    if (node->argc == 0 || node->redirects || (builtin = builtin_find(node->words[0])) == NULL)
        return run_in_child(node);
    expand_words(node, argv);
    status = builtin(argv);
    for (int i = 0; i < node->argc; i++)
        free(argv[i]);
    return status;
}

/* A stage of a pipeline: reads from input (unless -1) and writes into the pipe (unless NULL). */
static int start_stage(struct node *node, int input, const int *output)
{
    int pid = start_child();

    if (pid != 0)
        return pid;
    if (input >= 0) {
        move_descriptor(input, STDIN);
        close(input);
    }
    if (output) {
        move_descriptor(output[1], STDOUT);
        close(output[0]);
        close(output[1]);
    }
    run_and_exit(node);
}

/* PIPE nodes lean to the right: each has one stage on its left, and the last two stages. */
static int run_pipe(struct node *node)
{
    int count = 1, started = 0, input = -1, *pids, result = 1;

    for (struct node *rest = node; rest->kind == NODE_PIPE; rest = rest->right)
        count++;
    pids = malloc((size_t)count * sizeof(*pids));
    while (pids && started < count) {
        int is_last = started == count - 1, output[2];

        if (!is_last && pipe(output) < 0) {
            warn("sh", "pipe");
            break;
        }
        pids[started] = start_stage(is_last ? node : node->left, input, is_last ? NULL : output);
        if (input >= 0)
            close(input);
        input = -1;
        if (!is_last) {
            close(output[1]);
            input = output[0];
        }
        if (pids[started] < 0)
            break;
        started++;
        node = node->right;
    }
    if (input >= 0) /* a stage is missing: those that run see the end of their pipe */
        close(input);
    if (pids == NULL)
        warn("sh", "pipe");
    else if (started < count)
        wait_for(pids, started);
    else
        result = wait_for(pids, count);
    free(pids);
    return result;
}

/* The child leaves the job that it was forked by: Ctrl-C does not mean it. */
static int run_background(struct node *node)
{
    int pid = start_child();

    if (pid < 0)
        return 1;
    if (pid == 0) {
        foreground(-getpid());
        interactive = background_count = 0;
        run_and_exit(node->left);
    }
    background_count++;
    if (interactive)
        fprintf(STDERR, "[%d]\n", pid);
    return 0;
}

/* From left to right: whether a pipeline is run depends on the last one that was, and the sign. */
static void run_and_or(struct node *node)
{
    int runs = 1;

    for (; !interrupted && (node->kind == NODE_AND || node->kind == NODE_OR); node = node->right) {
        if (runs)
            run(node->left);
        runs = (node->kind == NODE_AND) == (last_status == 0);
    }
    if (runs && !interrupted)
        run(node);
}

int run(struct node *node)
{
    for (; node && node->kind == NODE_LIST && !interrupted; node = node->right)
        run(node->left);
    if (node == NULL || interrupted)
        return last_status;
    switch (node->kind) {
    case NODE_COMMAND:
        last_status = run_command(node);
        break;
    case NODE_SUBSHELL:
        last_status = run_in_child(node);
        break;
    case NODE_PIPE:
        last_status = interactive ? run_in_child(node) : run_pipe(node);
        break;
    case NODE_BACKGROUND:
        last_status = run_background(node);
        break;
    case NODE_AND:
    case NODE_OR:
        run_and_or(node);
        break;
    case NODE_LIST:
        break;
    }
    return last_status;
}
