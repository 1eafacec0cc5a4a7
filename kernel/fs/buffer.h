/*
 * The buffer cache: blocks of metadata (inodes, bitmap, indirect blocks, directories, superblock),
 * one frame of class FRAME_BUFFER each. File data is never here.
 *
 * A buffer is referenced and locked from buffer_read to buffer_release. The log adds a reference to
 * each buffer that it has, so that it stays in memory until it is written home.
 *
 * guards: c = the cache's lock; l = lock (sleeping, RANK_BUFFER); g = the log's lock
 */
#pragma once

#include "lib/rbtree.h"
#include "thread/sleeplock.h"

struct buffer {
    struct list_head hash_link; /* c */
    struct list_head lru_link;  /* c: unused buffers, longest unused first */
    struct rb_node away_node;   /* g: by block */
    struct sleeplock lock;
    uint32_t block;             /* c: constant while referenced */
    uint32_t references;        /* c */
    bool permanent;             /* never freed: so the others leave whole slabs free */
    bool up_to_date;            /* l */
    bool logged;                /* g: part of the running transaction */
    bool away;                  /* g: newer than its home: in the log's tree */
    void *data;                 /* l: DISK_BLOCK_SIZE bytes */
};

/* permanent: buffers that always exist, so that a transaction never waits for memory.
 * Returns: 0 or -ENOMEM. */
int buffer_cache_init(uint32_t permanent);

#ifdef SAN
struct disk_super;
void buffer_order_init(const struct disk_super *super); /* the order of two is checked */
#else
#define buffer_order_init(super) ((void)0)
#endif

/* Reads and locks the block. Sleeps. Returns: 0 or -EIO. */
int buffer_read(uint32_t block, struct buffer **out);
/* A block that was just allocated: locked, zeroed, not read. Sleeps. */
struct buffer *buffer_zeroed(uint32_t block);
void buffer_release(struct buffer *buffer); /* unlocks, drops the reference */

/* The log's reference: added under the buffer's lock, dropped when the block is written home. */
void buffer_pin(struct buffer *buffer);
void buffer_unpin(struct buffer *buffer);

/*
 * Frees the buffers' share of `wanted` frames, the longest unused first, but not permanent ones.
 * Never sleeps. Returns: frames freed.
 */
uint64_t buffer_shrink(uint64_t wanted);
