/* Formatting as printf does it, without floating point: d i u x p s c %, l ll z, width, 0 and -. */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Calls put for each character. */
void format_v(void (*put)(void *context, char c), void *context, const char *format, va_list list);

#ifdef XV39_HOST
#define snprintf xv39_snprintf
#define vsnprintf xv39_vsnprintf
#endif

/* What fits into size bytes, always with a NUL where size > 0; returns the full length. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list list);
int snprintf(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
