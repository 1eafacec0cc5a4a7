/*
 * The index of a directory's names, in memory only: made from the blocks when a large directory is
 * searched first, changed with them, dropped when memory is short or the inode goes. The disk knows
 * nothing of it, so a crash cannot leave a wrong one.
 *
 *   hash of the name --> bucket --> entry --> entry --> end     an entry: its number in the
 *                        free   --> entry --> end               directory, and bits of the hash
 *
 * The names are on the disk's blocks alone: for an entry with the right hash, the block is looked
 * at. There are as many buckets as entries, and twice as many as the directory had when the index
 * was made; those beyond the directory's end are free, the one at the end first. When none is free
 * any more, a larger index is made.
 *
 * What always holds while nobody has the inode's lock: entry i of the index is in the bucket of its
 * name, or free, as entry i of the directory is. Of two entries with the same name, which only a
 * damaged disk has, the first comes first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct inode;
struct name_index;

/*
 * Locks: the inode's. directory->index is one in which the entries from `entries` on are free, and
 * the others are nowhere yet. False: there is none, for want of memory.
 */
bool name_index_create(struct inode *directory, uint64_t entries);
/* The directory has no index any more. Locks: the inode's, or nobody else can find it. */
void name_index_drop(struct inode *directory);

/* Locks: the inode's. The entry gets a name, or none (NULL): it is free. */
void name_index_enter(struct name_index *index, uint32_t entry, const char *name);
/* The same for one that was called before, or was free. */
void name_index_change(struct name_index *index, uint32_t entry, const char *before,
                       const char *name);
/*
 * The first entry that may be called name, or that is free; or the one that comes after link.
 * Returns its number + 1, or 0: no more. Locks: the inode's.
 */
uint32_t name_index_next(struct name_index *index, const char *name, uint32_t link);

/* Drops those that nobody has used for a while; all: those in use, too. Never sleeps. Returns
 * frames. */
uint64_t name_index_shrink(bool all);
