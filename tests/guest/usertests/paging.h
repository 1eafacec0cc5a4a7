/*
 * What the tests of paging share. Most make a process send its own pages to swap by a quota, which
 * is quick and exact; some take more memory than there is.
 */
#ifndef PAGING_H
#define PAGING_H

#include "mapping.h"

#define QUOTA 16ul /* frames that most tests leave themselves */
#define REGION 64ul /* pages that they use */

void need_swap(unsigned long pages); /* skips where so many slots are not free */

/* Locks what the test itself needs (data, the stack here), which then does not count. */
void hold_self(void);
/* hold_self(); from then on what came in first goes first, and all there was has gone. */
void limit_to(unsigned long frames);
void lift_limit(void);
void push_out(void); /* after limit_to(): all private pages go that are not locked */
/* That many private pages, filled with seed, all of them in swap. No limit is left. */
char *swapped_pages(unsigned long pages, unsigned seed);

/* Page n is filled with words that tell seed + n and their own places. */
void fill_pages(char *start, unsigned long pages, unsigned seed);
void verify_pages(const char *start, unsigned long pages, unsigned seed);
unsigned long count_present(const char *start, unsigned long pages);

void own_stats(struct vm_stats *stats); /* of this process */
unsigned long slots_in_use(void);       /* of the whole machine */
unsigned long pages_in_swap(void);      /* and nowhere else */
void expect_in_swap(unsigned long pages); /* soon */
void expect_slots(unsigned long slots); /* now, or soon: a killed process ends a little later */

/* Needs more frames than there are. */
unsigned long all_frames(void);
bool can_press(void);             /* it would be promised what it needs now */
void need_pressure(void);         /* skips where that is not so, or takes too long */
void press(void);                 /* a process uses all memory, and ends */
void store_without_end(long pages); /* to be spawned, and killed */
void press_out(const char *start, unsigned long pages); /* ... until none of these is present */

#endif
