/* Protection, flags and advice of memory mappings; xv6's labs use the same first numbers. */
#pragma once

#define PROT_NONE 0x0
#define PROT_READ 0x1
#define PROT_WRITE 0x2 /* comes with PROT_READ: RISC-V has no write-only pages */
#define PROT_EXEC 0x4

#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_FIXED 0x10              /* at addr, in place of whatever is there */
#define MAP_ANONYMOUS 0x20
#define MAP_NORESERVE 0x4000        /* charged when it is touched first */
#define MAP_POPULATE 0x8000         /* touched at once */
#define MAP_FIXED_NOREPLACE 0x100000 /* at addr, or EEXIST */
#define MAP_FAILED ((void *)-1)

#define MS_ASYNC 1
#define MS_INVALIDATE 2 /* nothing to do: there is one copy of a file's page */
#define MS_SYNC 4

#define MADV_NORMAL 0
#define MADV_RANDOM 1     /* no neighbours are mapped along */
#define MADV_SEQUENTIAL 2 /* more neighbours are, and read ahead */
#define MADV_WILLNEED 3   /* read now */
#define MADV_DONTNEED 4   /* private memory reads as fresh afterwards */

/* The second argument of memlimit(): how pages are chosen that go. Students' own begin at 5. */
enum lru_policy { POLICY_LRU, POLICY_CLOCK, POLICY_FIFO, POLICY_AGING, POLICY_ADAPTIVE };
#define QUOTA_MIN 8 /* frames: the least that memlimit() takes, but for 0: no limit */
