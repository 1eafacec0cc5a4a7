/* The inodes in memory: found by number, kept after their last use as long as they have pages. */
#pragma once

#include "fs/inode.h"

int inode_cache_init(void); /* 0 or -ENOMEM */
/*
 * The last page of an inode's object, or the inode's index, was dropped.
 * Locks: the object's, or indexes.lock. Never sleeps.
 */
void inode_emptied(struct vm_object *object);
/*
 * Frees count inodes without users and pages, or more, until that gives a frame.
 * Those that have been so longest go first.
 * Never sleeps. Returns frames.
 */
uint64_t inode_cache_shrink(uint64_t count);
