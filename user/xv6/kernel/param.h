/*
 * xv6's limits. xv39's own are wider (kernel/abi/limits.h), but xv6's test programs use these as
 * bounds of their loops, so they keep xv6's values. USERSTACK is the exception: pages that a
 * stack may have, so that an address that far down is surely below it.
 */
#ifndef XV6_PARAM_H
#define XV6_PARAM_H

#define NPROC 64
#define NCPU 8
#define NOFILE 16
#define NFILE 100
#define NINODE 50
#define NDEV 10
#define ROOTDEV 1
#define MAXARG 32
#define MAXOPBLOCKS 10
#define LOGSIZE (MAXOPBLOCKS * 3)
#define LOGBLOCKS (MAXOPBLOCKS * 3)
#define NBUF (MAXOPBLOCKS * 3)
#define FSSIZE 2000
#define MAXPATH 128
#define USERSTACK 64

#endif
