/* Pages of files from and to the disk, and the thread that writes what is a second old. */
#pragma once

#include "vm/cache/object.h"

struct inode;

extern const struct vm_object_ops inode_object_ops;

int writeback_start(void); /* the thread. 0 or -ENOMEM */

/*
 * In an operation of one block. Locks: inode's. Tells the disk of a size that grew, unless pages
 * are still to be written first, so that old bytes beyond the old end do not show after a crash;
 * then write-back does, after them. 0 or -EIO. Sleeps.
 */
int inode_publish_size(struct inode *inode);
