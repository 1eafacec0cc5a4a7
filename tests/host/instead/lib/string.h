/*
 * On the host the C library has the same names, so ours carry a prefix: kernel files under test use
 * ours, the test program may use both.
 */
#ifndef HOST_LIB_STRING_H
#define HOST_LIB_STRING_H

#define memset xv39_memset
#define memcpy xv39_memcpy
#define memmove xv39_memmove
#define memcmp xv39_memcmp
#define strlen xv39_strlen
#define strnlen xv39_strnlen
#define strcmp xv39_strcmp
#define strncmp xv39_strncmp
#define strlcpy xv39_strlcpy
#define strchr xv39_strchr
#include_next "lib/string.h"

#endif
