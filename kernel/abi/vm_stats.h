/*
 * What vmstat() tells: event counters since boot, and how the frames are used now.
 * Chapter "Performance Monitoring". A program checks version and size before it reads on.
 */
#ifndef ABI_VM_STATS_H
#define ABI_VM_STATS_H

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

struct vm_stats {
    unsigned long long version; /* VM_STATS_VERSION */
    unsigned long long size;    /* of this struct, in bytes */

    /* Faults, by what was done about them. */
    unsigned long long fault_zero;      /* a fresh zeroed page */
    unsigned long long fault_zero_read; /* the shared zero page */
    unsigned long long fault_file;      /* a page of a file */
    unsigned long long fault_cow_copy;  /* copy-on-write: copied */
    unsigned long long fault_cow_reuse; /* copy-on-write: the last owner took it over */
    unsigned long long fault_swap;      /* brought back from swap */
    unsigned long long fault_stack;     /* the stack grew */
    unsigned long long fault_spurious;  /* nothing was to be done */
    unsigned long long fault_bad;       /* the process was killed, or a call got EFAULT */

    /* Pages moved. */
    unsigned long long pgin;       /* pages read from swap */
    unsigned long long pgout;      /* pages written to swap */
    unsigned long long file_read;  /* file pages read from disk */
    unsigned long long file_write; /* file pages written to disk */
    unsigned long long refault;    /* pages faulted back after eviction */

    /* Replacement. */
    unsigned long long scan;
    unsigned long long evict_clean;
    unsigned long long evict_dirty;
    unsigned long long swap_slots_used;

    /* TLB. */
    unsigned long long tlb_local;  /* local fences of one page or range */
    unsigned long long tlb_remote; /* remote fences asked for */
    unsigned long long tlb_asid;   /* fences of a whole address space */

    /* Allocation of frames. */
    unsigned long long alloc_success;
    unsigned long long alloc_fail;

    unsigned long long disk_read_bytes;
    unsigned long long disk_write_bytes;

    /* Promises, in pages. */
    unsigned long long commit;
    unsigned long long commit_limit;

    unsigned long long frames[FRAME_CLASSES];

    unsigned long long fault_around; /* pages of files mapped along with a neighbour */

    unsigned long long swap_slots;  /* that there are on all swap disks, used or not */
    unsigned long long swap_cached; /* slots in use whose page has a frame as well */
    /* Of one process (pid not 0), in pages: private ones with a frame of their own, and in swap. */
    unsigned long long resident;
    unsigned long long swapped;
};

#endif
