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

/* Indices with an equal group have the same indirect block. */
#define BMAP_GROUP(index) (((index) - DISK_DIRECT) / DISK_PER_BLOCK)

/* *block: 0 for a hole. 0 or -EIO. Sleeps. */
int bmap_lookup(struct inode *inode, uint64_t index, uint32_t *block);
/*
 * *missing: the blocks to be reserved before page index can be written; 0 if it has a block.
 * Sleeps. Returns: 0 or -EIO.
 */
int bmap_missing(struct inode *inode, uint64_t index, uint32_t *missing);

/*
 * In an operation: publishes block as that of index, and the indirect blocks that are missing, each
 * of which uses up one of *promised. Locks: inode's. Sleeps. Returns: 0 or -EIO.
 */
int bmap_publish(struct inode *inode, uint64_t index, uint32_t block, uint32_t *promised);

#define BMAP_TRIM_BLOCKS 16u
/*
 * In an operation of BMAP_TRIM_BLOCKS: frees some blocks beyond object.size, from the end of the
 * file, and lowers disk_size, which equals object.size when all are freed. Locks: inode's. Sleeps.
 */
int bmap_trim(struct inode *inode);
