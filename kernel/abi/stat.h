/* What fstat() tells; the layout is xv6's. */
#pragma once

#define T_DIR 1    /* directory */
#define T_FILE 2   /* file */
#define T_DEVICE 3 /* device */
#define T_PIPE 4   /* an end of a pipe; no inode has this type */

struct stat {
    int dev;                 /* the disk that the file is on */
    unsigned int ino;        /* inode number */
    short type;              /* T_... */
    short nlink;             /* links to the file */
    unsigned long long size; /* bytes */
};
