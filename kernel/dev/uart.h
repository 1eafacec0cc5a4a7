/* The serial line: the console. */
#pragma once

void uart_init(void); /* output from now on; without a serial line the firmware goes on serving */

/*
 * Gets each character that comes in, in interrupt context; NULL until somebody wants them. What
 * comes before that waits in the device.
 */
extern void (*console_input_hook)(char c);
void uart_start_input(void); /* after the hook was set */
