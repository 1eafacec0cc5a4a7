/* Inodes on the disk: load, store, allocate, free; and the orphan list. */
#pragma once

#include "fs/inode.h"

void inode_disk_init(const struct disk_super *super);

/* Reads the inode from the disk. Locks: inode's. Sleeps. Returns: 0 or -EIO. */
int inode_load(struct inode *inode);
/*
 * In an operation (one block): writes the inode to the disk. Locks: inode's. Sleeps.
 * Returns: 0 or -EIO.
 */
int inode_flush(struct inode *inode);

/*
 * In an operation (one block): allocates an inode of that type, with one link.
 * Returns: 0, -ENOSPC or -EIO.
 */
int inode_alloc(int type, int major, int minor, uint32_t *number);
/* In an operation (one block): frees it. */
int inode_free(uint32_t number);

/*
 * The list, on the disk, of inodes without a name that are still in use, so that recovery can free
 * them. In an operation: two blocks for add, three for remove. Sleep. Return 0 or -EIO.
 */
int orphan_add(uint32_t number);
int orphan_remove(uint32_t number);
int orphan_first(uint32_t *number); /* 0: none */
