/* Formatting as printf does it, without floating point: d i u x p s c %, l ll z, width, 0 and -. */
#pragma once

#include <stdarg.h>

/* Calls put for each character. */
void format_v(void (*put)(void *context, char c), void *context, const char *format, va_list list);
