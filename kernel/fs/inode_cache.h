/* The inodes in memory: found by number, kept after their last use together with their pages. */
#ifndef FS_INODE_CACHE_H
#define FS_INODE_CACHE_H

#include "fs/inode.h"

void inode_cache_init(void);
/*
 * Lets unused inodes go. all: each one that is not dirty; else a few. Never sleeps. Returns frames.
 */
uint64_t inode_cache_shrink(bool all);

#endif
