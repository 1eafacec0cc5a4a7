/* Pages of files from and to the disk, and the thread that writes what is a second old. */
#ifndef FS_WRITEBACK_H
#define FS_WRITEBACK_H

#include "vm/object.h"

extern const struct vm_object_ops inode_object_ops;

void writeback_init(void);
int writeback_start(void); /* the thread. 0 or -ENOMEM */

/*
 * For who found no free block: writes back what is dirty, so that only blocks that are really needed
 * stay promised, and commits, so that freed ones can be used. Hold nothing. Sleeps.
 */
void writeback_settle(void);

#endif
