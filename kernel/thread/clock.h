/*
 * The timer: time slices, and threads that sleep until a time. A hart that runs threads is
 * interrupted at the end of each slice; an idle one only when the next of its sleepers is due.
 */
#ifndef THREAD_CLOCK_H
#define THREAD_CLOCK_H

#define SLICES_PER_SECOND 100

void timer_interrupt(void); /* sys/ calls it for a timer interrupt */

/* For the scheduler. Interrupts off. */
void timer_lists_init(void);
void timer_stop_slices(void);  /* this hart goes idle */
void timer_start_slices(void); /* this hart runs a thread, after having been idle */

#endif
