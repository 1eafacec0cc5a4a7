/* For printf.c: a hart that prints while it panics asks for no lock. */
#ifndef SYNC_PANIC_H
#define SYNC_PANIC_H

#include <stdbool.h>

bool panic_is_on(void); /* this hart is panicking */

#endif
