/*
 * Calls to the firmware (RISC-V Supervisor Binary Interface specification 1.0). Harts are named by
 * masks: bit i is harts[i]. No call sleeps; a remote fence returns when it is done on every hart
 * named.
 */
#pragma once

#include <stdint.h>

void sbi_init(void); /* finds the extensions; until then only the legacy ones are used */

void sbi_console_put(char c);
void sbi_set_timer(uint64_t deadline);

/* A software interrupt on each hart of the mask. */
void sbi_send_ipi(uint64_t harts_mask);

void sbi_remote_sfence_vma(uint64_t harts_mask, uint64_t start, uint64_t bytes);
void sbi_remote_fence_i(uint64_t harts_mask);

/*
 * Starts a hart at physical address entry, with its id in a0 and opaque in a1.
 * Returns: 0 or an SBI error.
 */
int64_t sbi_hart_start(uint64_t hart_id, uint64_t entry, uint64_t opaque);

/* Ends the machine; the firmware knows failure and success (status 0) only. */
void sbi_shutdown(int status) __attribute__((noreturn));
