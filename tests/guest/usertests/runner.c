/*
 * usertests [-q] [-l] [GROUP|NAME]...: runs tests one after another and prints TAP 14. The status
 * is 0 only if something passed and nothing failed.
 *
 * A test's process writes why it failed into a pipe, whose reading end the runner keeps. Children
 * of the test that outlive it hold the writing end too, so the end of a message is not an end of
 * file but a byte that the runner itself writes behind it.
 */
#include "test.h"

#define DIRECTORY "/usertests.d"
#define MESSAGE_END '\0'
#define MESSAGE_BYTES 1024

struct table {
    const char *group;
    const struct test *tests;
};

static const struct table tables[] = {
    {"proc", process_tests}, {"proc", kill_tests}, {"proc", exec_tests}, {"proc", library_tests},
    {"proc", long_call_tests},
    {"fs", file_tests},      {"fs", directory_tests}, {"fs", name_tests}, {"fs", pipe_tests},
    {"fs", disk_tests},
    {"cow", cow_tests},      {"fault", fault_tests}, {"fault", memory_tests},
    {"vm", mmap_tests},      {"vm", mmap_file_tests}, {"vm", mmap_hole_tests},
    {"vm", mmap_race_tests},
    {"vm", mmap_error_tests}, {"vm", mprotect_tests}, {"vm", advise_tests}, {"vm", shared_tests},
    {"vm", read_ahead_tests},
    {"vm", code_tests},      {"vm", pointer_tests},   {"vm", place_tests},     {"vm", thread_tests},
    {"vm", futex_tests},     {"vm", thread_memory_tests}, {"vm", nomem_tests},
    {"paging", paging_quota_tests}, {"paging", swap_slot_tests}, {"paging", swap_page_tests},
    {"paging", swap_call_tests}, {"paging", swap_race_tests},
    {"paging", quota_race_tests}, {"paging", paging_memory_tests},
    {"paging", paging_limit_tests}, {"paging", paging_counter_tests},
    {"paging", paging_file_tests},
    {"stress", stress_tests},
};
#define TABLES (int)(sizeof(tables) / sizeof(tables[0]))

struct options {
    bool quick, list;
    char **selected; /* groups and names; none: everything */
    int count;
};

struct totals {
    int planned, number, passed, failed, skipped;
};

int report_fd, test_pid;
static int message_fd;
static char message[MESSAGE_BYTES];

static bool is_selected(const struct options *options, const char *group, const struct test *test)
{
    if (options->quick && test->pace == SLOW)
        return false;
    for (int i = 0; i < options->count; i++) {
        const char *word = options->selected[i];

        if (strcmp(word, group) == 0 || strcmp(word, test->name) == 0)
            return true;
    }
    return options->count == 0;
}

static bool is_known(const char *word)
{
    for (int i = 0; i < TABLES; i++) {
        if (strcmp(tables[i].group, word) == 0)
            return true;
        for (const struct test *test = tables[i].tests; test->name; test++)
            if (strcmp(test->name, word) == 0)
                return true;
    }
    return false;
}

/* Calls visit for each selected test. */
static void for_each_test(const struct options *options, struct totals *totals,
                          void (*visit)(const char *, const struct test *, struct totals *))
{
    for (int i = 0; i < TABLES; i++)
        for (const struct test *test = tables[i].tests; test->name; test++)
            if (is_selected(options, tables[i].group, test))
                visit(tables[i].group, test, totals);
}

static void count_test(const char *group, const struct test *test, struct totals *totals)
{
    (void)group, (void)test;
    totals->planned++;
}

static void list_test(const char *group, const struct test *test, struct totals *totals)
{
    (void)totals;
    printf("%s %s%s\n", group, test->name, test->pace == SLOW ? " slow" : "");
}

/* What the test's processes wrote, up to the byte that ends it; cut off where it is too long. */
static void take_message(void)
{
    char byte = MESSAGE_END;
    int length = 0;

    write(report_fd, &byte, 1);
    while (read(message_fd, &byte, 1) == 1 && byte != MESSAGE_END)
        if (length < MESSAGE_BYTES - 1)
            message[length++] = byte;
    message[length] = '\0';
}

/* Children of a test that failed go on where nobody waits for them. */
static void end_leftovers(void)
{
    int count = procinfo(process_rows, MAX_PROCESSES);

    for (int i = 0; i < count; i++)
        if (strcmp(process_rows[i].name, "usertests") == 0 && process_rows[i].pid != getpid())
            kill(process_rows[i].pid);
}

static int run_in_child(const struct test *test)
{
    int status = 0, pid = fork();

    if (pid == 0) {
        test_pid = getpid();
        test->run();
        exit(0);
    }
    if (pid < 0) {
        fprintf(report_fd, "no process for the test: errno %d\n", errno);
        status = STATUS_FAILED;
    } else if (wait(&status) != pid) {
        fprintf(report_fd, "the runner waited for somebody else\n");
        status = STATUS_FAILED;
    }
    if (status == STATUS_KILLED)
        fprintf(report_fd, "the test's process was killed\n");
    else if (status != 0 && status != STATUS_FAILED && status != STATUS_SKIPPED)
        fprintf(report_fd, "the test's process exited with %d\n", status);
    end_leftovers();
    take_message();
    empty_directory(DIRECTORY);
    return status;
}

static void print_indented(const char *text)
{
    bool line_start = true;

    for (; *text; text++) {
        printf("%s%c", line_start ? "    " : "", *text);
        line_start = *text == '\n';
    }
    if (!line_start)
        printf("\n");
}

static void run_test(const char *group, const struct test *test, struct totals *totals)
{
    static struct ledger before, after;

    /* First its name: what the kernel says about killed processes comes before the verdict. */
    printf("# %s\n", test->name);
    ledger_begin(&before);
    int status = run_in_child(test);
    bool balanced = ledger_settles(&before, &after);
    bool passed = balanced && (status == 0 || status == STATUS_SKIPPED);

    printf("%s %d - %s/%s", passed ? "ok" : "not ok", ++totals->number, group, test->name);
    if (passed && status == STATUS_SKIPPED) {
        printf(" # SKIP %s", message); /* ends with a newline */
        totals->skipped++;
        return;
    }
    printf("\n");
    if (passed) {
        totals->passed++;
        return;
    }
    totals->failed++;
    printf("  ---\n  message: |\n");
    print_indented(message);
    ledger_print(&before, &after);
    printf("  ...\n");
}

static void warm_up_orphan(long unused)
{
    (void)unused;
    sleep(1);
}

/* Touches what the first test would touch first, in the runner, in init and on the disk. */
static void warm_up(void)
{
    make_file("warm", PAGE_BYTES, 1);
    verify_file("warm", PAGE_BYTES, 1);
    expect_error(unlink("warmer"), ENOENT);
    expect(mkdir("left") == 0);
    make_file("left/behind", PAGE_BYTES, 1);
    spawn(warm_up_orphan, 0);
}

static void prepare(void)
{
    static const struct test warm = {"warm up", warm_up, QUICK};
    struct ledger ledger;
    int ends[2];

    mkdir(DIRECTORY); /* may be there, left by a run that did not end */
    if (pipe(ends) < 0 || chdir(DIRECTORY) < 0) {
        printf("Bail out! no pipe or no directory: errno %d\n", errno);
        exit(1);
    }
    empty_directory(DIRECTORY);
    memset(process_rows, 1, sizeof(process_rows)); /* later a test would be blamed for the pages */
    memset(message, 1, sizeof(message));
    message_fd = ends[0];
    report_fd = ends[1];
    if (run_in_child(&warm) != 0) {
        printf("Bail out! %s\n", message);
        exit(1);
    }
    sleep(3);
    ledger_begin(&ledger);
}

static bool parse(int argc, char **argv, struct options *options)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-q") == 0)
            options->quick = true;
        else if (strcmp(argv[i], "-l") == 0)
            options->list = true;
        else
            return false;
    }
    options->selected = argv + i;
    options->count = argc - i;
    for (; i < argc; i++)
        if (!is_known(argv[i])) {
            fprintf(2, "usertests: no group or test is called %s; usertests -l lists them\n",
                    argv[i]);
            return false;
        }
    return true;
}

int main(int argc, char **argv)
{
    static struct options options;
    static struct totals totals;

    if (!parse(argc, argv, &options)) {
        fprintf(2, "usage: usertests [-q] [-l] [GROUP|NAME]...\n");
        exit(2);
    }
    if (options.list) {
        for_each_test(&options, &totals, list_test);
        exit(0);
    }
    prepare();
    for_each_test(&options, &totals, count_test);
    printf("TAP version 14\n1..%d\n", totals.planned);
    for_each_test(&options, &totals, run_test);
    chdir("/");
    unlink(DIRECTORY);
    printf("usertests: %d passed, %d failed, %d skipped\n", totals.passed, totals.failed,
           totals.skipped);
    exit(totals.passed > 0 && totals.failed == 0 ? 0 : 1);
}
