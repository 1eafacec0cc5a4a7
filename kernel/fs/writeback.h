/* Reading and writing back pages of files, and the thread that writes what is a second old. */
#pragma once

#include "vm/cache/object.h"

struct inode;

extern const struct vm_object_ops inode_object_ops;

int writeback_start(void); /* starts the thread. Returns: 0 or -ENOMEM */

/*
 * In an operation of one block: writes a size that grew to the disk. If the file has dirty pages,
 * their write-back does so after them: after a crash, no old bytes show beyond the old end.
 * Locks: inode's. Sleeps. Returns: 0 or -EIO.
 */
int inode_publish_size(struct inode *inode);
