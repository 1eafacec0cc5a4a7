/* The serial line: the console. */
#pragma once

#include <stdbool.h>

void uart_init(void); /* output from now on; without a serial line the firmware keeps printing */

/*
 * Called with each character that arrives, in interrupt context; NULL until input is started.
 * Earlier characters wait in the device.
 */
extern void (*console_input_hook)(char c);
void uart_start_input(void); /* after the hook was set */
/* Off: characters wait in the device. Any context; the caller orders the calls. */
void uart_set_input(bool on);
