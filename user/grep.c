/*
 * grep [-v] PATTERN [FILE]…: the lines that match, or with -v those that do not. A pattern knows
 * ^ and $ for the ends of the line, . for any character, and * after a character for any number.
 * The status is 0 if something was printed, 1 if nothing, 2 if a file could not be read.
 */
#include "user.h"

static int match_here(const char *pattern, const char *text);

static int match_star(char repeated, const char *pattern, const char *text)
{
    do {
        if (match_here(pattern, text))
            return 1;
    } while (*text && (*text++ == repeated || repeated == '.'));
    return 0;
}

/* Does the pattern match at the beginning of text? */
static int match_here(const char *pattern, const char *text)
{
    for (; *pattern; pattern++, text++) {
        if (pattern[1] == '*')
            return match_star(pattern[0], pattern + 2, text);
        if (pattern[0] == '$' && pattern[1] == 0)
            return *text == 0;
        if (*text == 0 || (*pattern != '.' && *pattern != *text))
            return 0;
    }
    return 1;
}

static int match(const char *pattern, const char *text)
{
    if (*pattern == '^')
        return match_here(pattern + 1, text);
    do {
        if (match_here(pattern, text))
            return 1;
    } while (*text++);
    return 0;
}

/* Returns how many lines were printed. */
static int search(const char *pattern, int inverted, int fd, const char *name)
{
    struct lines lines;
    size_t length;
    char *line;
    int found = 0;

    lines_start(&lines, fd);
    while ((line = lines_next(&lines, &length)) != NULL) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (match(pattern, line) == inverted)
            continue;
        found++;
        if (name)
            printf("%s:", name);
        if (printf("%s\n", line) < 0)
            break;
    }
    lines_stop(&lines);
    return found;
}

int main(int argc, char *argv[])
{
    int first = 1, inverted = 0, found = 0, failed = 0;

    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        inverted = 1;
        first = 2;
    }
    if (argc <= first) {
        fprintf(STDERR, "usage: grep [-v] PATTERN [FILE]...\n");
        return 2;
    }
    if (argc == first + 1)
        found = search(argv[first], inverted, STDIN, NULL);
    for (int i = first + 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);

        if (fd < 0) {
            warn("grep", argv[i]);
            failed = 1;
            continue;
        }
        found += search(argv[first], inverted, fd, argc > first + 2 ? argv[i] : NULL);
        close(fd);
    }
    return failed ? 2 : found == 0;
}
