/*
 * mkfs OUT SIZE_BYTES LISTFILE: makes a disk image with the files that LISTFILE names.
 *
 * A line of LISTFILE is `SOURCE NAME`: the host's file SOURCE (blanks are allowed in it) becomes
 * NAME in the root directory; or `dir NAME`: an empty directory. Empty lines and lines that begin
 * with # are passed over. Exit status: 0, or 1 with one line that says why; OUT is removed then.
 */
#include "format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 8192

static bool parse_size(const char *text, uint64_t *bytes)
{
    char *end;

    errno = 0;
    *bytes = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-';
}

static int read_block(void *context, void *block)
{
    FILE *file = context;
    size_t got = fread(block, 1, DISK_BLOCK_SIZE, file);

    return ferror(file) ? -1 : (int)got;
}

static bool add_from_host(struct format *format, const char *source, const char *name)
{
    FILE *file = fopen(source, "rb");

    if (!file)
        return image_fail(format->image, "cannot read %s: %s", source, strerror(errno));
    bool done = format_add_file(format, DISK_ROOT_INODE, name, read_block, file);
    fclose(file);
    return done;
}

/* line has no newline. It is cut in two at its last run of blanks. */
static bool add_line(struct format *format, char *line)
{
    size_t length = strlen(line);
    uint32_t number = 0;

    while (length > 0 && strchr(" \t\r", line[length - 1]))
        line[--length] = '\0';
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return true;
    char *name = line + strlen(line);
    while (name > line && !strchr(" \t", name[-1]))
        name--;
    if (name == line)
        return image_fail(format->image, "expected SOURCE NAME, found '%s'", line);
    for (char *blank = name; strchr(" \t", blank[-1]); blank--)
        blank[-1] = '\0';
    if (strcmp(line, "dir") == 0)
        return format_add_directory(format, DISK_ROOT_INODE, name, &number);
    return add_from_host(format, line, name);
}

static bool add_list(struct format *format, const char *path)
{
    static char line[LINE_MAX_BYTES];
    FILE *list = fopen(path, "r");
    bool done = true;

    if (!list)
        return image_fail(format->image, "cannot read %s: %s", path, strerror(errno));
    while (done && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = '\0';
        done = add_line(format, line);
    }
    if (done && ferror(list))
        done = image_fail(format->image, "cannot read %s: %s", path, strerror(errno));
    fclose(list);
    return done;
}

int main(int argc, char **argv)
{
    struct image image = {0};
    struct format format;
    uint64_t bytes;

    if (argc != 4 || !parse_size(argv[2], &bytes)) {
        fprintf(stderr, "usage: mkfs OUT SIZE_BYTES LISTFILE\n");
        return 1;
    }
    if (bytes < FORMAT_MIN_BYTES || bytes > FORMAT_MAX_BYTES) {
        fprintf(stderr, "mkfs: %s: a disk has %llu to %llu bytes\n", argv[2], FORMAT_MIN_BYTES,
                (unsigned long long)FORMAT_MAX_BYTES);
        return 1;
    }
    bool created = image_create(&image, argv[1], bytes & ~(uint64_t)(DISK_BLOCK_SIZE - 1));
    if (created && format_begin(&format, &image) && add_list(&format, argv[3])) {
        image_close(&image);
        return 0;
    }
    fprintf(stderr, "mkfs: %s\n", image.error);
    if (image.base)
        remove(argv[1]);
    return 1;
}
