/* Replays an image's log with the kernel's own recovery, kernel/fs/recover.c. */
#ifndef MKFS_REPLAY_H
#define MKFS_REPLAY_H

#include "image.h"

/* Returns whether it succeeded; if not, image->error says why. */
bool replay_log(struct image *image);

#endif
