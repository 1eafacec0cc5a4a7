/*
 * The file system as xv6's programs see it. A directory reads as entries of this form; names may
 * be longer than xv6's 14. The sizes are xv6's, as bounds of loops: xv39 has blocks of 4,096 bytes
 * and files of up to 4 GiB.
 */
#ifndef XV6_FS_H
#define XV6_FS_H

#include "kernel/types.h"

#define ROOTINO 1
#define BSIZE 1024

#define NDIRECT 12
#define NINDIRECT (BSIZE / sizeof(uint))
#define MAXFILE (NDIRECT + NINDIRECT)

#define DIRSIZ 62

struct dirent {
    ushort inum;
    char name[DIRSIZ];
};

#endif
