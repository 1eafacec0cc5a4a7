/*
 * Flags of open(), whences of lseek(), as in kernel/abi; and what mmap() and the calls about memory
 * take: all of xv39's, whose first numbers are those of xv6's labs.
 */
#ifndef XV6_FCNTL_H
#define XV6_FCNTL_H

#include "kernel/abi/mman.h"

#define O_RDONLY 0x000
#define O_WRONLY 0x001
#define O_RDWR 0x002
#define O_CREATE 0x200
#define O_TRUNC 0x400
#define O_APPEND 0x800

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#endif
