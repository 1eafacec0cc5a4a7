/*
 * Which block of the disk holds page index of a file: 22 direct, a single and a double indirect
 * block.
 *
 * bmap_lookup needs no lock of the inode's. Entries change in two ways only: from 0 to a block,
 * while the page in question is in the cache and under write-back, so nobody reads it from the
 * disk; and back to 0 beyond the end of the file, after object_truncate has waited for every reader
 * of those pages. An indirect block is zeroed before a pointer to it can be seen.
 */
#pragma once

#include "fs/inode.h"

#define BMAP_GROUP(index) (((index) - DISK_DIRECT) / DISK_PER_BLOCK) /* same: same indirect block */

/* *block: 0 for a hole. 0 or -EIO. Sleeps. */
int bmap_lookup(struct inode *inode, uint64_t index, uint32_t *block);
/*
 * Blocks that must be promised before page index can be written: 0 where it has one. 0 or -EIO.
 * Sleeps.
 */
int bmap_missing(struct inode *inode, uint64_t index, uint32_t *missing);

/*
 * In an operation. Locks: inode's. index gets block, which is published; so are the indirect blocks
 * that are missing (each uses up one of *promised). 0 or -EIO. Sleeps.
 */
int bmap_publish(struct inode *inode, uint64_t index, uint32_t block, uint32_t *promised);

#define BMAP_TRIM_BLOCKS 16u
/*
 * In an operation of BMAP_TRIM_BLOCKS. Locks: inode's. Frees some blocks beyond object.size, from
 * the end of the file; disk_size says how far it came, and equals object.size when all are gone.
 * Sleeps.
 */
int bmap_trim(struct inode *inode);
