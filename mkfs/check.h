/* Checks an image, and names each thing that is wrong. */
#ifndef MKFS_CHECK_H
#define MKFS_CHECK_H

#include "image.h"

enum check_flag {
    CHECK_TAILS = 1, /* bytes past a file's end in its last block: only a crash leaves some */
};

/* Called once for each problem, with one line without a newline. */
typedef void (*check_report)(void *context, const char *line);

/* Returns how many problems there are. Changes nothing. */
uint64_t check_image(struct image *image, unsigned flags, check_report report, void *context);

/*
 * What a mount does about the orphan list: frees inodes without links, and the blocks past the end
 * of the others, and empties the list. For an image that check_image finds nothing wrong with.
 */
void check_finish_orphans(struct image *image);

#endif
