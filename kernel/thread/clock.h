/*
 * The timer: time slices, and threads that sleep until a time. A hart that runs a thread gets an
 * interrupt at the end of each slice; an idle hart only when its next sleeper is due.
 */
#pragma once

#include <stdint.h>

#define SLICES_PER_SECOND 100

void timer_interrupt(void); /* sys/ calls it for a timer interrupt */

#ifdef SAN
/*
 * Kills the running thread after so many instructions, unless timer_kill_cancel comes first. They
 * are measured as time: with ICOUNT=1 each takes a nanosecond. At most one thread for each hart.
 */
void timer_kill_after(uint64_t instructions);
void timer_kill_cancel(void);
#endif

/* For the scheduler. Interrupts off. */
void timer_lists_init(void);
void timer_stop_slices(void);  /* this hart becomes idle */
void timer_start_slices(void); /* this hart was idle, and runs a thread now */
