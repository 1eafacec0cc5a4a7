/* Makes a file system on an empty image, and puts files on it. */
#ifndef MKFS_FORMAT_H
#define MKFS_FORMAT_H

#include "image.h"

#define FORMAT_MIN_BYTES (1ull << 20)
#define FORMAT_MAX_BYTES ((uint64_t)UINT32_MAX * DISK_BLOCK_SIZE)

/* Where files and blocks are added next. */
struct format {
    struct image *image;
    uint32_t next_block, next_inode;
};

/* What fills a file: puts up to one block there; returns its bytes (fewer: the end) or -1. */
typedef int (*format_source)(void *context, void *block);

/* Each returns whether it succeeded; if not, image->error says why. */

/* An empty file system over the whole image, which is all zeros. */
bool format_begin(struct format *format, struct image *image);
/* directory is an inode number, for instance DISK_ROOT_INODE. */
bool format_add_file(struct format *format, uint32_t directory, const char *name,
                     format_source source, void *context);
bool format_add_directory(struct format *format, uint32_t directory, const char *name,
                          uint32_t *number);

#endif
