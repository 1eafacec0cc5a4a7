/*
 * Reading ahead: how many pages to read at once where one is wanted. Of swap and of files alike; a
 * file, and swap, each have one such window.
 *
 * A page that was read ahead counts as unused from the start, until somebody asks for it. With
 * `unused` of `pages` read ahead lately, a run of useful pages is pages / unused long on the
 * average; that many are read next. So pages that are wanted far apart soon come alone, long before
 * what came along in vain is evicted; and nothing that is heard while the window is smallest, or
 * largest, is lost.
 *
 * Where a single page is read, one more is staked, as if it had come along: its neighbour. A read
 * that begins where one of the last few ended, on either side, shows that a run goes on: half of
 * what is unused is forgiven, which about doubles the window. So a window of 1 grows again.
 *
 *     in order, fresh:         1 1 1 2 5 9 16 16 ...
 *     then far apart:          16 7 5 5 4 3 3 3 3 2 2 2 ... 1
 *     then in order again:     1 1 3 6 12 16 16 ...
 *
 * guards: w = the window's: swap.lock, or the lock of its object
 */
#pragma once

#include <stdint.h>

#define READ_AHEAD_MAX 16u /* pages that are read by one request */
#define READ_AHEAD_RUNS 3u /* reads that are remembered: so many runs may go on side by side */

/* What is known of the pages that will be wanted next. */
enum read_advice {
    READ_NORMAL,     /* nothing: as the window says */
    READ_RANDOM,     /* that page alone; the window learns nothing */
    READ_SEQUENTIAL, /* as many as one request takes */
};

struct read_ahead {
    uint16_t pages;  /* w: that were read ahead lately; halved now and then */
    uint16_t unused; /* w: those of them that nobody has asked for */
    uint32_t oldest; /* w: of run[] */
    struct {
        uint32_t start, end; /* w: pages [start, end) */
    } run[READ_AHEAD_RUNS];
};

/* Pages to read at once, 1 to READ_AHEAD_MAX. Locks: none need be held: it is a guess. */
uint32_t read_ahead_size(const struct read_ahead *window, enum read_advice advice);
/* Pages [start, end) are being read, all but one of them ahead. Locks: the window's. */
void read_ahead_note(struct read_ahead *window, uint32_t start, uint32_t end);
/* Somebody asks for a page that was read ahead. Locks: the window's. */
void read_ahead_used(struct read_ahead *window);
