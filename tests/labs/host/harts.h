/*
 * Several harts on the host, of which one runs at a time. A window includes this in front of the
 * student's file, and behind all headers of the kernel that the file includes. Then what is special
 * to a hart goes to the lab's driver.c, and so does each atomic operation, before it is done: there
 * another hart may come in between.
 *
 * The window defines SAN as 1 at its top, and so does the driver: what the kernel tells its TLB
 * checker about fences comes to the driver as well. Instructions in assembler are left out.
 */
#ifndef LABS_HARTS_H
#define LABS_HARTS_H

#include <stdint.h>

uint32_t lab_hart(void);                              /* the one that runs */
void lab_step(void);                                  /* something atomic comes next */
void lab_preempt(int step);
void lab_satp_write(uint64_t value);
uint64_t lab_satp_read(void);
void lab_fence_i(void);
void lab_count(int item, uint64_t n);

#define hart_index() lab_hart()
#define preempt_disable() lab_preempt(1)
#define preempt_enable() lab_preempt(-1)
#define instruction_fence() lab_fence_i()
#define update_vm_stats(item, n) lab_count(item, n)

#undef csr_read
#undef csr_write
#define csr_read(name) lab_##name##_read()
#define csr_write(name, value) lab_##name##_write(value)

#undef race_window
#define race_window() lab_step()

#define __atomic_thread_fence(order) (lab_step(), __atomic_thread_fence(order))
#define __atomic_load_n(cell, order) (lab_step(), __atomic_load_n(cell, order))
#define __atomic_store_n(cell, value, order) (lab_step(), __atomic_store_n(cell, value, order))
#define __atomic_fetch_or(cell, value, order) (lab_step(), __atomic_fetch_or(cell, value, order))
#define __atomic_fetch_and(cell, value, order) (lab_step(), __atomic_fetch_and(cell, value, order))
#define __atomic_fetch_add(cell, value, order) (lab_step(), __atomic_fetch_add(cell, value, order))
#define __atomic_fetch_sub(cell, value, order) (lab_step(), __atomic_fetch_sub(cell, value, order))
#define __atomic_exchange_n(cell, value, order) \
    (lab_step(), __atomic_exchange_n(cell, value, order))

#define __asm__
#define volatile(...) /* what stands in brackets behind __asm__ */
#pragma GCC diagnostic ignored "-Wunused-parameter" /* used there only */

#endif
