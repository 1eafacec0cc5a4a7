/*
 * grep [-v] PATTERN [FILE]…: the lines that match, or with -v those that do not. A pattern knows
 * ^ and $ for the ends of the line, . for any character, and * after a character for any number.
 * The status is 0 if something was printed, 1 if nothing, 2 if a file could not be read.
 */
#include "user.h"

#define PATTERN_MAX 4096 /* arguments are no longer */

/* Places of the pattern that a match may have come to by now. */
struct places {
    unsigned char has[PATTERN_MAX];
};

static void places_add(struct places *places, const char *pattern, size_t at)
{
    places->has[at] = 1;
    while (pattern[at] && pattern[at + 1] == '*') { /* none of those will do, too */
        at += 2;
        places->has[at] = 1;
    }
}

/* Goes over text once, with all ways to match at once: no pattern makes it slow, or deep. */
static int match(const char *pattern, const char *text)
{
    static struct places sets[2];
    struct places *now = &sets[0], *next = &sets[1];
    int anchored = *pattern == '^';
    size_t length;

    pattern += anchored;
    length = strlen(pattern);
    if (length >= PATTERN_MAX)
        return 0;
    memset(now->has, 0, length + 1);
    for (const char *start = text;; text++) {
        struct places *swap = now;

        memset(next->has, 0, length + 1);
        if (!anchored || text == start)
            places_add(now, pattern, 0);
        for (size_t at = 0; at <= length; at++) {
            int repeats = at < length && pattern[at + 1] == '*';

            if (!now->has[at])
                continue;
            if (at == length || (pattern[at] == '$' && at + 1 == length && *text == 0))
                return 1;
            if (*text && (pattern[at] == '.' || pattern[at] == *text))
                places_add(next, pattern, repeats ? at : at + 1);
        }
        if (*text == 0)
            return 0;
        now = next;
        next = swap;
    }
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
