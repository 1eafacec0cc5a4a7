/*
 * The index of a directory's names, in memory only: built from the blocks when a large directory is
 * first searched, changed with them, dropped when memory is short or the inode is freed. It is not
 * on the disk, so a crash cannot leave a wrong one.
 *
 *   hash of the name --> bucket --> entry --> entry --> end     an entry: its number in the
 *                        free   --> entry --> end               directory, and bits of the hash
 *
 * The names themselves are only in the blocks: for an entry with the right hash, its block is read.
 * The index has as many buckets as entries, and twice as many as the directory had when it was
 * built; the entries beyond the directory's end are free, the first of them first in the chain.
 * When none is free any more, a larger index is built.
 *
 * What always holds while the inode is unlocked: entry i of the index is free if entry i of the
 * directory is, and else in the bucket of its name. Of two entries with the same name, which only a
 * damaged disk has, the first comes first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct inode;
struct name_index;

/*
 * Makes directory->index, in which the entries from `entries` on are free and the others are not
 * entered yet. Locks: the inode's. Returns: false: there is no memory for it.
 */
bool name_index_create(struct inode *directory, uint64_t entries);
/* Frees the directory's index. Locks: the inode's, unless nothing else can find it. */
void name_index_drop(struct inode *directory);

/* Enters an entry by its name, or (NULL) as free. Locks: the inode's. */
void name_index_enter(struct name_index *index, uint32_t entry, const char *name);
/* The same for an entry that had the name `before`, or (NULL) was free. */
void name_index_change(struct name_index *index, uint32_t entry, const char *before,
                       const char *name);
/*
 * The first entry that may be called name, or (NULL) that is free; with link, the next one after
 * it.
 * Locks: the inode's. Returns: its number + 1; or 0: there are no more.
 */
uint32_t name_index_next(struct name_index *index, const char *name, uint32_t link);

/* Drops indexes that were not used for a while; all: every one. Never sleeps.
 * Returns: frames freed. */
uint64_t name_index_shrink(bool all);
