/*
 * The timer: time slices, and threads that sleep until a time. A hart that runs threads is
 * interrupted at the end of each slice; an idle one only when the next of its sleepers is due.
 */
#pragma once

#include <stdint.h>

#define SLICES_PER_SECOND 100

void timer_interrupt(void); /* sys/ calls it for a timer interrupt */

#ifdef SAN
/*
 * The running thread is to be killed so many instructions from now, as time tells them where
 * ICOUNT=1 makes each a nanosecond; unless timer_kill_cancel comes first. One thread a hart.
 */
void timer_kill_after(uint64_t instructions);
void timer_kill_cancel(void);
#endif

/* For the scheduler. Interrupts off. */
void timer_lists_init(void);
void timer_stop_slices(void);  /* this hart goes idle */
void timer_start_slices(void); /* this hart runs a thread, after having been idle */
