/*
 * Reading ahead: how many pages should a request read when one page is wanted? Each file has such a
 * window, and swap has one.
 *
 * A page that is read ahead counts as unused until something asks for it. If `unused` of the last
 * `pages` pages were not asked for, then on average a run of useful pages has pages / unused pages:
 * that many are read next. So if pages are wanted far apart from each other the window shrinks at
 * once, and not only when the unused pages are evicted.
 *
 * At a window of 1 nothing is read ahead, so nothing would be learned. Then the next page counts as
 * if it had been read ahead. When a read begins where one of the last few reads ended, or ends
 * where one began, a run goes on: the count of unused pages is halved, which about doubles the
 * window.
 *
 *     in order, fresh:         1 1 1 2 5 9 16 16 ...
 *     then far apart:          16 7 5 5 4 3 3 3 3 2 2 2 ... 1
 *     then in order again:     1 1 3 6 12 16 16 ...
 *
 * guards: w = the window's: swap.lock, or the lock of its object
 */
#pragma once

#include <stdint.h>

#define READ_AHEAD_MAX 16u /* the most pages that one request reads */
#define READ_AHEAD_RUNS 3u /* reads that are remembered: so many runs can alternate */

/* What is known about the pages that will be wanted next. */
enum read_advice {
    READ_NORMAL,     /* nothing: the window decides */
    READ_RANDOM,     /* one page; the window does not count it */
    READ_SEQUENTIAL, /* as many as one request takes */
};

struct read_ahead {
    uint16_t pages;  /* w: read ahead lately; halved now and then */
    uint16_t unused; /* w: those of them that nothing has asked for */
    uint32_t oldest; /* w: of run[] */
    struct {
        uint32_t start, end; /* w: pages [start, end) */
    } run[READ_AHEAD_RUNS];
};

/* Returns: how many pages to read, 1 to READ_AHEAD_MAX. Locks: none needed: it is a guess. */
uint32_t read_ahead_size(const struct read_ahead *window, enum read_advice advice);
/* Pages [start, end) are read: one that is wanted, the rest ahead. Locks: the window's. */
void read_ahead_note(struct read_ahead *window, uint32_t start, uint32_t end);
/* Something asks for a page that was read ahead. Locks: the window's. */
void read_ahead_used(struct read_ahead *window);
