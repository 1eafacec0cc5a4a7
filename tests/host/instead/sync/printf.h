/* On the host, the C library's printf serves. */
#ifndef HOST_SYNC_PRINTF_H
#define HOST_SYNC_PRINTF_H

#include <stdio.h>

#define printf(...) xv39_printf(__VA_ARGS__) /* not where it names a kind of format */
#include_next "sync/printf.h"
#undef printf

#endif
