/* System calls and their numbers, passed in a7: CALL has the number SYS_CALL. 1 to 21 are xv6's. */
#pragma once

#define FOR_EACH_SYSCALL(X)                                                                     \
    X(fork, 1) X(exit, 2) X(wait, 3) X(pipe, 4) X(read, 5) X(kill, 6) X(exec, 7) X(fstat, 8)    \
    X(chdir, 9) X(dup, 10) X(getpid, 11) X(sbrk, 12) X(pause, 13) X(uptime, 14) X(open, 15)     \
    X(write, 16) X(mknod, 17) X(unlink, 18) X(link, 19) X(mkdir, 20) X(close, 21) X(lseek, 22)  \
    X(ftruncate, 23) X(fsync, 24) X(sync, 25) X(getppid, 26) X(vmstat, 27) X(memlimit, 28)      \
    X(poweroff, 29) X(mmap, 30) X(munmap, 31) X(mprotect, 32) X(msync, 33) X(madvise, 34)       \
    X(mincore, 35) X(mlock, 36) X(munlock, 37) X(thread_create, 38) X(thread_join, 39)          \
    X(thread_exit, 40) X(futex_wait, 41) X(futex_wake, 42) X(swapon, 43) X(swapoff, 44)         \
    X(procinfo, 45) X(wait_info, 46) X(foreground, 47)

#define SYSCALL_NUMBER(call, number) SYS_##call = number,
enum { FOR_EACH_SYSCALL(SYSCALL_NUMBER) SYSCALLS /* all numbers are less */ };

/* The second argument of sbrk. */
#define SBRK_EAGER 1 /* what cannot be backed is refused now */
#define SBRK_LAZY 2  /* unreserved: charged when it is touched first */

/* One row of procinfo(table, n), which fills at most n rows and returns how many. */
struct proc_info {
    int pid;
    int ppid;
    char state;              /* 'R' running or runnable, 'S' sleeping, 'Z' zombie */
    char name[23];
    unsigned long long resident; /* bytes of memory mapped now */
    unsigned long long swapped;  /* bytes that are in swap */
    unsigned long long size;     /* bytes of address space */
};
