/*
 * The buffer cache: blocks of metadata (inodes, bitmap, indirect blocks, directories, superblock),
 * one frame of class FRAME_BUFFER each. File data is never here.
 *
 * A buffer that somebody got is referenced and locked until it is released. One that the log holds
 * keeps a reference of the log's, so it stays in memory until it has reached its home.
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
    bool permanent;             /* never freed */
    bool up_to_date;            /* l */
    bool logged;                /* g: part of the running transaction */
    bool away;                  /* g: newer than its home: in the log's tree */
    void *data;                 /* l: DISK_BLOCK_SIZE bytes */
};

/* permanent: this many are there from now on, so that a transaction never waits for memory.
 * 0 or -ENOMEM. */
int buffer_cache_init(uint32_t permanent);

#ifdef SAN
struct disk_super;
void buffer_order_init(const struct disk_super *super); /* the order of two can be checked */
#else
#define buffer_order_init(super) ((void)0)
#endif

/* The block, locked. 0 or -EIO. Sleeps. */
int buffer_read(uint32_t block, struct buffer **out);
/* A block that was just allocated: locked, zeros, not read. Sleeps. */
struct buffer *buffer_zeroed(uint32_t block);
void buffer_release(struct buffer *buffer); /* unlocks, drops the reference */

/* The log's reference, added under the buffer's lock, dropped when the block is at home. */
void buffer_pin(struct buffer *buffer);
void buffer_unpin(struct buffer *buffer);

/*
 * Frees the share that buffers have of `wanted` frames of all memory, longest unused first, down to
 * the permanent ones. Never sleeps. Returns frames.
 */
uint64_t buffer_shrink(uint64_t wanted);
