/* The file system's disk, by blocks. */
#pragma once

#include "dev/block.h"

extern struct block_device *fs_disk; /* the disk that is mounted; constant from then on */

/* Sleep. Return 0 or -EIO. data: a page. */
int disk_read(uint32_t block, void *data);
int disk_read_pages(uint32_t block, struct page *const page[], uint32_t count); /* by one request */
int disk_write(uint32_t block, const void *data);
int disk_flush(void); /* what was written is durable */
