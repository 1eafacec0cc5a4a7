/*
 * Operations by path. A path without a leading slash starts at cwd. Each call is one transaction.
 * Locks: none are held. Sleeps. Returns: 0 or -errno (ENOENT, ENOTDIR, EISDIR, EEXIST,
 * ENAMETOOLONG, ENOSPC, EMLINK, ENOTEMPTY, EPERM, EIO, ENOMEM, EINTR).
 */
#pragma once

#include "fs/inode.h"

struct inode *path_root(void); /* with a reference */
/* with a reference, not locked */
int path_lookup(struct inode *cwd, const char *path, struct inode **out);
/*
 * Returns: 0, and *out is the inode, with a reference, not locked.
 * type T_FILE: an existing file or device is returned as it is (xv6's open O_CREATE), an existing
 * directory is -EISDIR. Other types: what exists is -EEXIST.
 */
int path_create(struct inode *cwd, const char *path, int type, int major, int minor,
                struct inode **out);
int path_link(struct inode *cwd, const char *old_path, const char *new_path);
int path_unlink(struct inode *cwd, const char *path); /* directories too, when empty (as xv6) */
