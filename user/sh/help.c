/* The builtin help, and what to say of words that other shells know. */
#include "sh.h"

struct program {
    const char *name, *text;
};

static const struct program programs[] = {
    {"cat", "[FILE]...          prints files, or what is typed, up to Ctrl-D"},
    {"cd", "[DIRECTORY]        goes there; without one, to /"},
    {"clear", "                   clears the screen"},
    {"cp", "FROM TO            copies a file"},
    {"echo", "[WORD]...          prints the words"},
    {"exit", "[STATUS]           leaves the shell; so does Ctrl-D"},
    {"grep", "PATTERN [FILE]...  prints the lines with the pattern"},
    {"head", "[-n LINES] [FILE]  prints the first lines"},
    {"hexdump", "[FILE]...          prints bytes in hexadecimal"},
    {"ln", "OLD NEW            gives a file another name"},
    {"ls", "[-l] [FILE]...     lists a directory; -l: by name, with links"},
    {"mkdir", "DIRECTORY...       makes directories"},
    {"mv", "FROM TO            renames a file"},
    {"pwd", "                   prints where you are"},
    {"rm", "[-r] [-f] FILE...  removes files; -r: directories with all in them"},
    {"touch", "FILE...            makes empty files"},
    {"wc", "[FILE]...          counts lines, words and bytes"},
    {NULL, NULL},
    {"free", "                   memory, and what it is used for"},
    {"limit", "FRAMES[,POLICY] COMMAND...  runs it with so many frames"},
    {"vmstat", "[SECONDS]          counters; or a line every so often, until Ctrl-C"},
    {"reftrace", "STRING POLICY FRAMES  replays a string of references"},
    {NULL, NULL},
    {"kill", "PID...             kills processes"},
    {"ps", "                   lists them"},
    {"sleep", "SECONDS            waits"},
    {"time", "COMMAND...         runs it and tells how long it took"},
    {"uptime", "                   how long the machine has been running"},
    {"wait", "                   waits for what runs in the background"},
    {"sync", "                   writes everything to the disk"},
    {"shutdown", "[STATUS]           powers off"},
    {"sh", "[FILE]             a shell; it runs the lines of FILE"},
    {"false", "and true           end with 1, with 0"},
    {NULL, NULL},
    {"grind", "[SECONDS]          random system calls, side by side"},
    {"stressfs", "                   writes files side by side"},
    {"forktest", "                   forks until no more is possible"},
    {"bench", "[NAME]...          instructions per operation"},
};

static const char notes[] =
    "\n"
    "a; b  a && b  a || b  a | b  ( a; b )  a & runs it in the background\n"
    "< file  > file  >> file  2> file  2>&1  $? status  $$ pid  '...' \"...\" \\c  # comment\n"
    "There are no variables, no control flow and no patterns like *.\n"
    "\n"
    "Ctrl-C kills what runs in the foreground, or drops the line. Ctrl-D ends the input.\n"
    "Tab completes names; up and down bring back lines; left, right, Ctrl-A, Ctrl-E move.\n"
    "Ctrl-U and Ctrl-K cut to the start and to the end, Ctrl-W a word. Ctrl-L clears.\n"
    "Ctrl-P, while a program runs, lists the processes. Ctrl-A X ends QEMU, which takes\n"
    "Ctrl-A for itself: type it twice.\n"
    "\n"
    "To write a file: `cat > notes`, its lines, then Ctrl-D at the start of a line.\n"
    "From the host: `make qemu FILES=path` brings files, EXTRA=path.c programs.\n";

static int is_listed(const char *name)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (programs[i].name && strcmp(programs[i].name, name) == 0)
            return 1;
    return strcmp(name, "true") == 0 || strcmp(name, "init") == 0;
}

static int is_program(const char *name)
{
    char path[DIRSIZ + 2];
    struct stat status;
    unsigned char magic[4] = {0};
    int fd;

    if (path_join(path, sizeof(path), "/", name) < 0 || (fd = open(path, O_RDONLY)) < 0)
        return 0;
    if (fstat(fd, &status) == 0 && status.type == T_FILE)
        read(fd, magic, sizeof(magic));
    close(fd);
    return memcmp(magic, "\x7f" "ELF", sizeof(magic)) == 0;
}

/* A student's programs, those of EXTRA=, and the tests. */
static void list_others(void)
{
    char name[DIRSIZ + 1];
    struct dirent entry;
    int fd = open("/", O_RDONLY), column = 0;

    while (fd >= 0 && read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
        if (!dirent_name(&entry, name) || is_listed(name) || !is_program(name))
            continue;
        if (column > 0 && column + (int)strlen(name) > 68) {
            printf("\n");
            column = 0;
        }
        column += printf("%s%s", column > 0 ? " " : "  ", name);
    }
    printf("\n");
    close(fd);
}

static void list_listed(void)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (programs[i].name)
            printf("  %-8s %s\n", programs[i].name, programs[i].text);
        else
            printf("\n");
    }
}

int builtin_help(char **argv)
{
    (void)argv;
    list_listed();
    printf("\nFurther programs on this disk:\n");
    list_others();
    printf("%s", notes);
    return 0;
}

const char *missing_feature(const char *word)
{
    static const char *const control[] = {"if", "then", "else", "elif", "fi", "for", "while",
        "until", "do", "done", "case", "esac", "function", "return", "break", "continue", "{", "}",
        "[", "[[", "!", "test"};
    static const char *const variables[] = {"export", "set", "unset", "read", "local", "alias",
        "source", ".", "eval", "let", "declare", "env"};

    for (size_t i = 0; i < sizeof(control) / sizeof(control[0]); i++)
        if (strcmp(word, control[i]) == 0)
            return "this shell has no control flow but && and || (see help)";
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        if (strcmp(word, variables[i]) == 0)
            return "this shell has no variables (see help)";
    if (strchr(word, '=') != NULL && word[0] != '=')
        return "this shell has no variables (see help)";
    return NULL;
}
