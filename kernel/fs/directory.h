/*
 * Directories: files of struct dirent, kept in the buffer cache as metadata. The inode is locked.
 */
#pragma once

#include "fs/inode.h"

/* Blocks that one directory_add may change, the inode included. */
#define DIRECTORY_ADD_BLOCKS 8u

/*
 * name: at most DIRSIZ characters, padded with NULs. *offset may be NULL. 0, -ENOENT or -EIO.
 * Sleeps.
 */
int directory_lookup(struct inode *directory, const char *name, uint32_t *number, uint64_t *offset);
/*
 * In an operation. The name is not there yet. 0, -ENOSPC or -EIO; nothing is changed then.
 * Locks: directory's. Sleeps.
 */
int directory_add(struct inode *directory, const char *name, uint32_t number);
/* In an operation (one block): frees the entry at offset. Locks: directory's. Sleeps.
 * Returns: 0 or -EIO. */
int directory_remove(struct inode *directory, uint64_t offset);
/* In an operation: adds "." and ".." to a new directory. Returns: 0, -ENOSPC or -EIO. */
int directory_init(struct inode *directory, uint32_t parent);
/* Returns: 1: only "." and ".." are left; 0; or -EIO. Sleeps. */
int directory_is_empty(struct inode *directory);
