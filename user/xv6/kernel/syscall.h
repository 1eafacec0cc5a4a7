/* Numbers of the calls. Number 13 was sleep until 2024. */
#ifndef XV6_SYSCALL_H
#define XV6_SYSCALL_H

#define SYS_fork 1
#define SYS_exit 2
#define SYS_wait 3
#define SYS_pipe 4
#define SYS_read 5
#define SYS_kill 6
#define SYS_exec 7
#define SYS_fstat 8
#define SYS_chdir 9
#define SYS_dup 10
#define SYS_getpid 11
#define SYS_sbrk 12
#define SYS_sleep 13
#define SYS_pause 13
#define SYS_uptime 14
#define SYS_open 15
#define SYS_write 16
#define SYS_mknod 17
#define SYS_unlink 18
#define SYS_link 19
#define SYS_mkdir 20
#define SYS_close 21

/* xv6 has not: */
#define SYS_lseek 22
#define SYS_ftruncate 23
#define SYS_fsync 24
#define SYS_sync 25
#define SYS_getppid 26
#define SYS_vmstat 27
#define SYS_memlimit 28
#define SYS_poweroff 29
#define SYS_mmap 30
#define SYS_munmap 31
#define SYS_mprotect 32
#define SYS_msync 33
#define SYS_madvise 34
#define SYS_mincore 35
#define SYS_mlock 36
#define SYS_munlock 37
#define SYS_thread_create 38
#define SYS_thread_join 39
#define SYS_thread_exit 40
#define SYS_futex_wait 41
#define SYS_futex_wake 42
#define SYS_swapon 43
#define SYS_swapoff 44
#define SYS_procinfo 45
#define SYS_wait_info 46
#define SYS_foreground 47

#endif
