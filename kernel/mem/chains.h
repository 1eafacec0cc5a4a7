/*
 * Chains of free frames, between the harts' lists and the buddy allocator. A chain is linked by
 * page->chain_next; each of its frames is PAGE_CACHED. A whole one has FRAME_CHAIN frames, and is
 * passed on as it is: one step for 16 frames, where the buddy allocator would split and merge for
 * each.
 *
 *     hart 0's list   hart 1's list   ...      frame.c: one frame at a time
 *          |  ^            |  ^
 *          v  |            v  |                one whole chain at a time
 *     loose chains:  [16] [16] [16] ...        chains.c
 *          |  ^
 *          v  | a block of order 4 becomes a chain; a chain is taken apart if no block is left
 *     buddy allocator: blocks of 1, 2, 4 ... 1024 frames
 *
 * Frames of loose chains count as free, but cannot merge with their buddies. So if the buddy
 * allocator lacks a block that is wanted, loose chains are taken apart until it has one.
 */
#pragma once

#include <stdint.h>

#include "mem/page.h"

#define CHAIN_ORDER 4u
#define FRAME_CHAIN (1u << CHAIN_ORDER) /* frames of a whole chain */

void chains_init(void); /* at boot; the buddy allocator is empty */
/* Returns: frames in loose chains and in the buddy allocator. Locks: none: it may be outdated. */
uint64_t chains_free(void);
/*
 * A chain for a hart's list: a whole one; or, if few frames are left, one of a single frame.
 * keep: so many frames must stay free. Never sleeps.
 * Returns: the chain, and its length in *count; or NULL, and 0.
 */
struct page *chain_take(uint64_t keep, uint32_t *count);
/* A whole chain becomes loose. */
void chain_give(struct page *chain);
/* The frames of a chain of any length, also NULL, return to the buddy allocator. */
void chain_merge(struct page *chain);
/* A block of 1 << order frames, taking loose chains apart if need be; or NULL. Never sleeps. */
struct page *chains_block(unsigned order);
