/* Inodes as they lie on the disk: load, store, find a free one; and the orphan list. */
#pragma once

#include "fs/inode.h"

struct disk_super;

void inode_disk_init(const struct disk_super *super);

/* Fills it from the disk. Locks: inode's. 0 or -EIO. Sleeps. */
int inode_load(struct inode *inode);
/*
 * In an operation (one block), inode locked: the disk shall say what inode says. 0 or -EIO. Sleeps.
 */
int inode_flush(struct inode *inode);

/*
 * In an operation (one block): a free inode becomes one of that type, with one link. 0, -ENOSPC,
 * -EIO.
 */
int inode_alloc(int type, int major, int minor, uint32_t *number);
/* In an operation (one block): the other way round. */
int inode_free(uint32_t number);

/*
 * The list of inodes without a name that are still in use, on the disk, so that recovery can free
 * them. In an operation: two blocks for add, three for remove. 0 or -EIO. Sleep.
 */
int orphan_add(uint32_t number);
int orphan_remove(uint32_t number);
int orphan_first(uint32_t *number); /* 0: none */
