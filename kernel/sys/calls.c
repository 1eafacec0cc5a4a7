/*
 * The table of system calls: from a number to the function. What has no function is refused,
 * memlimit among it, which comes with the replacement of pages.
 */
#include "sys/calls.h"

#include "abi/syscall.h"

int64_t (*const syscall_table[SYSCALLS])(struct trap_frame *) = {
    [SYS_fork] = sys_fork,
    [SYS_exit] = sys_exit,
    [SYS_wait] = sys_wait,
    [SYS_pipe] = sys_pipe,
    [SYS_read] = sys_read,
    [SYS_kill] = sys_kill,
    [SYS_exec] = sys_exec,
    [SYS_fstat] = sys_fstat,
    [SYS_chdir] = sys_chdir,
    [SYS_dup] = sys_dup,
    [SYS_getpid] = sys_getpid,
    [SYS_sbrk] = sys_sbrk,
    [SYS_pause] = sys_pause,
    [SYS_uptime] = sys_uptime,
    [SYS_open] = sys_open,
    [SYS_write] = sys_write,
    [SYS_mknod] = sys_mknod,
    [SYS_unlink] = sys_unlink,
    [SYS_link] = sys_link,
    [SYS_mkdir] = sys_mkdir,
    [SYS_close] = sys_close,
    [SYS_lseek] = sys_lseek,
    [SYS_ftruncate] = sys_ftruncate,
    [SYS_fsync] = sys_fsync,
    [SYS_sync] = sys_sync,
    [SYS_getppid] = sys_getppid,
    [SYS_vmstat] = sys_vmstat,
    [SYS_poweroff] = sys_poweroff,
    [SYS_mmap] = sys_mmap,
    [SYS_munmap] = sys_munmap,
    [SYS_mprotect] = sys_mprotect,
    [SYS_msync] = sys_msync,
    [SYS_madvise] = sys_madvise,
    [SYS_mincore] = sys_mincore,
    [SYS_mlock] = sys_mlock,
    [SYS_munlock] = sys_munlock,
    [SYS_procinfo] = sys_procinfo,
};
