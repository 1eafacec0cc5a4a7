/* Completing a file's name: the word before the cursor against the entries of its directory. */
#include "sh.h"

struct candidate {
    char directory[MAX_PATH]; /* where to look; empty: nowhere */
    const char *prefix;       /* what the name must begin with */
    int length;
};

/* Splits the word before the cursor. The first word of a line is a program, so from the root. */
static void candidate_find(struct candidate *candidate, const char *line, int cursor)
{
    int start = cursor, slash = -1, blank = 1;

    while (start > 0 && strchr(" |&;()<>", line[start - 1]) == NULL) {
        start--;
        if (line[start] == '/' && slash < 0)
            slash = start;
    }
    for (int i = 0; i < start; i++)
        blank &= line[i] == ' ';
    if (slash + 1 - start >= MAX_PATH) {
        candidate->directory[0] = 0;
    } else if (slash >= 0) {
        memcpy(candidate->directory, line + start, (size_t)(slash + 1 - start));
        candidate->directory[slash + 1 - start] = 0;
        start = slash + 1;
    } else {
        strcpy(candidate->directory, blank ? "/" : ".");
    }
    candidate->prefix = line + start;
    candidate->length = cursor - start;
}

static int next_match(int fd, const struct candidate *candidate, char name[DIRSIZ + 1])
{
    struct dirent entry;

    while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
        if (dirent_name(&entry, name) &&
            strncmp(name, candidate->prefix, (size_t)candidate->length) == 0)
            return 1;
    }
    return 0;
}

static int is_directory(const char *directory, const char *name)
{
    char path[MAX_PATH];
    struct stat status;

    return path_join(path, sizeof(path), directory, name) == 0 && stat(path, &status) == 0 &&
           status.type == T_DIR;
}

/* Writes to insert what all matches have in common behind the cursor. Returns its length. */
int complete(const char *line, int cursor, char *insert, int room)
{
    static struct candidate candidate;
    char common[DIRSIZ + 1], name[DIRSIZ + 1];
    int matches = 0, length = 0, fd;

    candidate_find(&candidate, line, cursor);
    fd = open(candidate.directory, O_RDONLY);
    if (fd < 0)
        return 0;
    for (; next_match(fd, &candidate, name); matches++) {
        int same = 0;

        if (matches == 0)
            strcpy(common, name);
        while (common[same] && common[same] == name[same])
            same++;
        common[same] = 0;
    }
    close(fd);
    if (matches == 0)
        return 0;
    length = snprintf(insert, (size_t)room, "%s", common + candidate.length);
    if (matches == 1)
        insert[length++] = is_directory(candidate.directory, common) ? '/' : ' ';
    return length;
}

void complete_list(const char *line, int cursor)
{
    static struct candidate candidate;
    char name[DIRSIZ + 1];
    int fd;

    candidate_find(&candidate, line, cursor);
    fd = open(candidate.directory, O_RDONLY);
    if (fd < 0)
        return;
    while (next_match(fd, &candidate, name))
        printf("%s  ", name);
    printf("\n");
    close(fd);
}
