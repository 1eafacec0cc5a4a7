/*
 * What vmstat() tells: event counters since boot, and how the frames are used now.
 * Chapter "Performance Monitoring". A program checks version and size before it reads on.
 */
#pragma once

#define VM_STATS_VERSION 1

/* Flags of vmstat(). */
#define VMSTAT_DROP 1 /* first write back and drop caches, so that two readings can be compared */
#define VMSTAT_FAIL 2 /* SAN=1: the pid-th allocation of this thread from now on fails; 0: none */
#define VMSTAT_KILL 16 /* SAN=1: this thread is killed pid instructions into its next call */
#define VMSTAT_MARK 4 /* SAN=1: remembers which place in the kernel has taken how many frames */
#define VMSTAT_OWNERS 8 /* SAN=1: prints which places have more, or fewer, than then */

/* Every managed frame is in exactly one class. */
enum frame_class {
    FRAME_FREE,
    FRAME_KERNEL,
    FRAME_PAGE_TABLE,
    FRAME_STACK,
    FRAME_SLAB,
    FRAME_ANON,
    FRAME_FILE,
    FRAME_BUFFER,
    FRAME_CLASSES
};

/*
 * What is counted: COUNTER(number, member) for each counter, FRAMES for the frames of each class.
 * The kernel's numbers (enum vm_stat_item, mem/vm_stat.h), the members of struct vm_stats and the
 * names that the program vmstat prints are made from this list, so their order is the same. What
 * is said of "now" is a state, found when asked for; the others only grow.
 */
#define VM_STATS(COUNTER, FRAMES)                                                                 \
    /* Faults, by what was done about them. */                                                    \
    COUNTER(FAULT_ZERO, fault_zero)           /* a fresh zeroed page */                           \
    COUNTER(FAULT_ZERO_READ, fault_zero_read) /* the shared zero page */                          \
    COUNTER(FAULT_FILE, fault_file)           /* a page of a file */                              \
    COUNTER(FAULT_COW_COPY, fault_cow_copy)   /* copy-on-write: copied */                         \
    COUNTER(FAULT_COW_REUSE, fault_cow_reuse) /* copy-on-write: the last owner took it over */    \
    COUNTER(FAULT_SWAP, fault_swap)           /* brought back from swap */                        \
    COUNTER(FAULT_STACK, fault_stack)         /* the stack grew */                                \
    COUNTER(FAULT_SPURIOUS, fault_spurious)   /* nothing was to be done */                        \
    COUNTER(FAULT_BAD, fault_bad)             /* the process was killed, or a call got EFAULT */  \
    /* Pages moved. */                                                                            \
    COUNTER(PGIN, pgin)                       /* read from swap */                                \
    COUNTER(PGOUT, pgout)                     /* written to swap */                               \
    COUNTER(FILE_READ, file_read)             /* file pages read from disk */                     \
    COUNTER(FILE_WRITE, file_write)           /* file pages written to disk */                    \
    COUNTER(REFAULT, refault)                 /* faulted back after eviction */                   \
    /* Replacement. */                                                                            \
    COUNTER(SCAN, scan)                       /* pages looked at */                               \
    COUNTER(EVICT_CLEAN, evict_clean)                                                             \
    COUNTER(EVICT_DIRTY, evict_dirty)                                                             \
    COUNTER(SWAP_SLOTS_USED, swap_slots_used) /* now */                                           \
    /* Fences of the TLB. */                                                                      \
    COUNTER(TLB_LOCAL, tlb_local)             /* of one page or range, here */                    \
    COUNTER(TLB_REMOTE, tlb_remote)           /* asked of other harts */                          \
    COUNTER(TLB_ASID, tlb_asid)               /* of a whole address space */                      \
    /* Allocation of frames. */                                                                   \
    COUNTER(ALLOC_SUCCESS, alloc_success)                                                         \
    COUNTER(ALLOC_FAIL, alloc_fail)                                                               \
    COUNTER(DISK_READ_BYTES, disk_read_bytes)                                                     \
    COUNTER(DISK_WRITE_BYTES, disk_write_bytes)                                                   \
    /* Charged, in pages, now. */                                                                 \
    COUNTER(COMMIT, commit)                                                                       \
    COUNTER(COMMIT_LIMIT, commit_limit)                                                           \
    FRAMES(LEDGER, frames)                    /* of each class, now */                            \
    COUNTER(FAULT_AROUND, fault_around)       /* pages of files mapped along with a neighbour */  \
    COUNTER(SWAP_SLOTS, swap_slots)           /* on all swap disks, used or not, now */           \
    COUNTER(SWAP_CACHED, swap_cached)         /* slots in use with a frame as well, now */        \
    COUNTER(DISK_READS, disk_reads)           /* requests, to all disks */                        \
    COUNTER(DISK_WRITES, disk_writes)

#define VM_STATS_MEMBER(number, member) unsigned long long member;
#define VM_STATS_MEMBERS(number, member) unsigned long long member[FRAME_CLASSES];

struct vm_stats {
    unsigned long long version; /* VM_STATS_VERSION */
    unsigned long long size;    /* of this struct, in bytes */
    VM_STATS(VM_STATS_MEMBER, VM_STATS_MEMBERS)
    /* Of one process (pid not 0), in pages: private ones with a frame of their own, and in swap. */
    unsigned long long resident;
    unsigned long long swapped;
};
