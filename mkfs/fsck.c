/*
 * fsck [-r] [-w] [-t] [-l] [-x DIR] IMAGE: checks a file-system image; a line for each thing wrong.
 *
 *   -r      first recovers as a mount does: replays the log, finishes orphans (in memory only)
 *   -w      with -r: writes what was recovered to the image
 *   -t      also reports bytes past the end in the last block of a file, which only a crash leaves
 *   -l      lists the files: inode, type, links, size, blocks, path
 *   -x DIR  copies files and directories to DIR, which exists
 *
 * Exit status: 0 nothing wrong, 1 something is, 2 usage, or the image or DIR cannot be used.
 */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/stat.h"
#include "extract.h"
#include "replay.h"

#define LINES_SHOWN 200u

struct options {
    bool recover, write, tails, list;
    const char *extract_to;
    const char *path;
};

static bool parse(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];

        if (strcmp(argument, "-r") == 0)
            options->recover = true;
        else if (strcmp(argument, "-w") == 0)
            options->write = true;
        else if (strcmp(argument, "-t") == 0)
            options->tails = true;
        else if (strcmp(argument, "-l") == 0)
            options->list = true;
        else if (strcmp(argument, "-x") == 0 && i + 1 < argc)
            options->extract_to = argv[++i];
        else if (*argument != '-' && !options->path)
            options->path = argument;
        else
            return false;
    }
    return options->path && (options->recover || !options->write);
}

static void print_problem(void *context, const char *line)
{
    uint64_t *shown = context;

    if ((*shown)++ < LINES_SHOWN)
        printf("%s\n", line);
    else if (*shown == LINES_SHOWN + 1)
        printf("... and more\n");
}

/* Returns how many problems there are. With -r it judges before orphans are finished, and after. */
static uint64_t judge(const struct options *options, struct image *image)
{
    unsigned flags = options->tails ? CHECK_TAILS : 0;
    uint64_t shown = 0;

    if (options->recover) {
        if (!image_check_super(image) || !replay_log(image)) {
            print_problem(&shown, image->error);
            return 1;
        }
        uint64_t problems = check_image(image, flags, print_problem, &shown);
        if (problems > 0)
            return problems;
        check_finish_orphans(image);
    }
    return check_image(image, flags, print_problem, &shown);
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct image image = {0};

    if (!parse(&options, argc, argv)) {
        fprintf(stderr, "usage: fsck [-r] [-w] [-t] [-l] [-x DIR] IMAGE\n");
        return 2;
    }
    if (!image_open(&image, options.path, options.write ? IMAGE_SHARED : IMAGE_PRIVATE)) {
        fprintf(stderr, "fsck: %s\n", image.error);
        return 2;
    }
    uint64_t problems = judge(&options, &image);
    if (problems == 0 && options.list)
        extract_list(&image, stdout);
    if (problems == 0 && options.extract_to && !extract_all(&image, options.extract_to)) {
        fprintf(stderr, "fsck: %s\n", image.error);
        return 2;
    }
    image_close(&image);
    return problems == 0 ? 0 : 1;
}
