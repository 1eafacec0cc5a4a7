/* The inodes in memory: found by number, kept after their last use while they have pages. */
#pragma once

#include "fs/inode.h"

int inode_cache_init(void); /* 0 or -ENOMEM */
/*
 * The last page of an inode's object, or the inode's index, was dropped.
 * Locks: the object's, or indexes.lock. Never sleeps.
 */
void inode_emptied(struct vm_object *object);
/*
 * Frees count inodes without users and pages, the longest unused first, and goes on until a frame
 * became free. Never sleeps. Returns: frames freed.
 */
uint64_t inode_cache_shrink(uint64_t count);
