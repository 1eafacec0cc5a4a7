/* Gets files out of an image that check_image finds nothing wrong with. */
#ifndef MKFS_EXTRACT_H
#define MKFS_EXTRACT_H

#include <stdio.h>

#include "image.h"

/* One line a file: inode, type (d, f, or c for a device), links, size, blocks, path. */
void extract_list(struct image *image, FILE *out);
/* Copies all to the host's directory `to`; holes stay. If it fails: false, and image->error. */
bool extract_all(struct image *image, const char *to);

#endif
