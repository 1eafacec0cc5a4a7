/*
 * Blocks of the disk. A block is promised first, as a count; then taken, in memory; then published,
 * when its bit in the bitmap and the pointer to it go into one transaction. A block that was freed
 * is given out again only after the next checkpoint: until the transaction that freed it is
 * committed, a crash would bring the old owner back; and as long as the log has an older copy of
 * the block, recovery would write that one.
 */
#pragma once

#include <stdint.h>

struct disk_super;

#define BLOCKS_PER_MAP (4096u * 8u) /* bits of one block of the bitmap */

int block_alloc_init(const struct disk_super *super); /* reads the bitmap; 0 or -errno */

/* Of the bitmap's blocks, how many the publishing of count blocks may change. */
uint32_t block_maps_most(uint32_t count);

int block_reserve(uint32_t blocks);    /* 0 or -ENOSPC */
void block_reserve_end(uint32_t blocks); /* of what was not taken */

/* Uses up one of the caller's own promises, *promised of them. near: the block wanted, or 0. */
uint32_t block_take(uint32_t near, uint32_t *promised);
void block_untake(uint32_t block);     /* one that was never published; the promise is gone */

/* In an operation: one block of the bitmap is changed. 0 or -EIO (the log is dead then). Sleep. */
int block_publish(uint32_t block);
int block_free(uint32_t block);

void block_reuse_freed(void);          /* there was a checkpoint */
