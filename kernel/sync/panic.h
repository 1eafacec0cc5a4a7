/* For printf.c: a hart that prints while it panics asks for no lock. */
#pragma once

#include <stdbool.h>

bool panic_is_on(void); /* this hart is panicking */
