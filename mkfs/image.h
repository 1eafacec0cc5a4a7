/*
 * A file-system image on the host, mapped into memory: block n is an array of 4096 bytes. Shared by
 * mkfs, fsck and the tests of both. The host must be little-endian, as the disk is.
 *
 * Nothing here trusts the image: a number out of range gives NULL or 0, never a wild pointer.
 */
#ifndef MKFS_IMAGE_H
#define MKFS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/disk.h"

struct image {
    uint8_t *base;    /* block 0 */
    uint64_t nblocks; /* whole blocks in the file */
    char error[256];  /* why the last call failed: one line */
};

enum image_mode {
    IMAGE_PRIVATE, /* changes stay in memory */
    IMAGE_SHARED   /* changes go to the file */
};

/* Each returns whether it succeeded; if not, image->error says why. */
bool image_open(struct image *image, const char *path, enum image_mode mode);
bool image_create(struct image *image, const char *path, uint64_t bytes); /* all zeros, sparse */
bool image_in_memory(struct image *image, uint64_t bytes);                /* for tests */
void image_close(struct image *image);
bool image_host_directory(struct image *image, const char *path); /* makes one on the host */
bool image_fail(struct image *image, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* sets error, returns false */

static inline struct disk_super *image_super(const struct image *image)
{
    return (struct disk_super *)image->base;
}

void *image_block(const struct image *image, uint64_t number); /* NULL: not in the image */

/* Do the superblock's numbers fit each other and the image? The others below need that. */
bool image_check_super(struct image *image);

struct disk_inode *image_inode(const struct image *image, uint32_t number); /* NULL: none such */

/* Where block index of the file lies; 0: a hole, or not to be had. */
uint32_t image_file_block(const struct image *image, const struct disk_inode *inode,
                          uint64_t index);
/* Reads up to bytes at offset; holes are zeros. Returns how many: fewer only at the file's end. */
size_t image_read(const struct image *image, const struct disk_inode *inode, uint64_t offset,
                  void *data, size_t bytes);
/* The entry that has the name, or NULL. */
struct dirent *image_find_entry(const struct image *image, const struct disk_inode *directory,
                                const char *name);
/* Entry number index of a directory; NULL past its end, or where its block is missing. */
struct dirent *image_entry(const struct image *image, const struct disk_inode *directory,
                           uint64_t index);

/* The bitmap. */
bool image_block_used(const struct image *image, uint32_t number);
void image_set_block_used(struct image *image, uint32_t number, bool used);

#endif
