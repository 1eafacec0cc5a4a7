/*
 * Several harts on the host, of which one runs at a time. A window includes this in front of the
 * student's file, and behind all headers of the kernel that the file includes. Then what is special
 * to a hart goes to the lab's driver.c, and so does each atomic operation: before it is done
 * another hart may come in between, and a cell that has changed without one was written by a plain
 * store.
 *
 * The window defines SAN as 1 at its top, and so does the driver: what the kernel tells its TLB
 * checker about fences comes to the driver as well. Instructions in assembler are left out.
 */
#ifndef LABS_HARTS_H
#define LABS_HARTS_H

#include <stdint.h>

uint32_t lab_hart(void);                              /* the one that runs */
void lab_step(void);                                  /* something atomic comes next */
void lab_wrote(const volatile void *cell);            /* it was written, by an atomic operation */
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

/*
 * An operation on a cell: what it needs is worked out, then comes lab_step(), then the operation,
 * and lab_wrote() if it writes.
 */
#define LAB_WRITE(operation, cell, value, order)                      \
    ({                                                                \
        __typeof__(value) lab_operand_ = (value);                     \
        __typeof__(operation(cell, lab_operand_, order)) lab_result_; \
        lab_step();                                                   \
        lab_result_ = operation(cell, lab_operand_, order);           \
        lab_wrote(cell);                                              \
        lab_result_;                                                  \
    })
#define __atomic_thread_fence(order) (lab_step(), __atomic_thread_fence(order))
#define __atomic_load_n(cell, order) (lab_step(), __atomic_load_n(cell, order))
#define __atomic_store_n(cell, value, order)         \
    ({                                               \
        __typeof__(value) lab_operand_ = (value);    \
        lab_step();                                  \
        __atomic_store_n(cell, lab_operand_, order); \
        lab_wrote(cell);                             \
    })
#define __atomic_fetch_or(cell, value, order) LAB_WRITE(__atomic_fetch_or, cell, value, order)
#define __atomic_fetch_and(cell, value, order) LAB_WRITE(__atomic_fetch_and, cell, value, order)
#define __atomic_fetch_add(cell, value, order) LAB_WRITE(__atomic_fetch_add, cell, value, order)
#define __atomic_fetch_sub(cell, value, order) LAB_WRITE(__atomic_fetch_sub, cell, value, order)
#define __atomic_or_fetch(cell, value, order) LAB_WRITE(__atomic_or_fetch, cell, value, order)
#define __atomic_and_fetch(cell, value, order) LAB_WRITE(__atomic_and_fetch, cell, value, order)
#define __atomic_add_fetch(cell, value, order) LAB_WRITE(__atomic_add_fetch, cell, value, order)
#define __atomic_sub_fetch(cell, value, order) LAB_WRITE(__atomic_sub_fetch, cell, value, order)
#define __atomic_exchange_n(cell, value, order) LAB_WRITE(__atomic_exchange_n, cell, value, order)
#define __atomic_compare_exchange_n(cell, old, value, weak, good, bad)                \
    ({                                                                                \
        bool lab_result_;                                                             \
        lab_step();                                                                   \
        lab_result_ = __atomic_compare_exchange_n(cell, old, value, weak, good, bad); \
        lab_wrote(cell);                                                              \
        lab_result_;                                                                  \
    })

#define __asm__
#define volatile(...) /* what stands in brackets behind __asm__ */
#pragma GCC diagnostic ignored "-Wunused-parameter" /* used there only */

#endif
