/*
 * The system calls, one function each: argument n is in register a0 + n of the frame, what is
 * returned goes to a0 (a negative errno: refused). Each runs with interrupts on, holding nothing.
 * No pointer of the user's is followed but by user_copy_...().
 */
#ifndef SYS_CALLS_H
#define SYS_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "abi/errno.h"
#include "abi/syscall.h"
#include "proc/process.h"
#include "riscv/trap.h"

#define SYSCALLS (SYS_LAST + 1)
extern int64_t (*const syscall_table[SYSCALLS])(struct trap_frame *frame); /* NULL: no such call */

/* Carries out the call whose number is in a7. In line, for it is on every program's way. */
static inline void syscall(struct trap_frame *frame)
{
    uint64_t number = frame->a7;

    if (number < SYSCALLS && syscall_table[number] != NULL)
        frame->a0 = (uint64_t)syscall_table[number](frame);
    else
        frame->a0 = (uint64_t)-ENOSYS;
}

/*
 * sys/arguments.c: the string at user address user, at most MAX_PATH bytes. Sleeps.
 * Returns: 0, -EFAULT, -ENAMETOOLONG, -ENOMEM. Owns: the caller, who frees it by kmem_free.
 */
int argument_path(uint64_t user, char **path);

/* sys/sys_proc.c */
int64_t sys_fork(struct trap_frame *frame);
int64_t sys_exit(struct trap_frame *frame);
int64_t sys_wait(struct trap_frame *frame);
int64_t sys_kill(struct trap_frame *frame);
int64_t sys_exec(struct trap_frame *frame);
int64_t sys_getpid(struct trap_frame *frame);
int64_t sys_getppid(struct trap_frame *frame);
int64_t sys_pause(struct trap_frame *frame);
int64_t sys_uptime(struct trap_frame *frame);
int64_t sys_poweroff(struct trap_frame *frame);
int64_t sys_procinfo(struct trap_frame *frame);
int64_t sys_thread_create(struct trap_frame *frame);
int64_t sys_thread_join(struct trap_frame *frame);
int64_t sys_thread_exit(struct trap_frame *frame);
int64_t sys_futex_wait(struct trap_frame *frame);
int64_t sys_futex_wake(struct trap_frame *frame);

/* sys/sys_file.c */
int64_t sys_open(struct trap_frame *frame);
int64_t sys_close(struct trap_frame *frame);
int64_t sys_read(struct trap_frame *frame);
int64_t sys_write(struct trap_frame *frame);
int64_t sys_lseek(struct trap_frame *frame);
int64_t sys_ftruncate(struct trap_frame *frame);
int64_t sys_fsync(struct trap_frame *frame);
int64_t sys_sync(struct trap_frame *frame);
int64_t sys_fstat(struct trap_frame *frame);
int64_t sys_dup(struct trap_frame *frame);
int64_t sys_pipe(struct trap_frame *frame);
int64_t sys_chdir(struct trap_frame *frame);
int64_t sys_mkdir(struct trap_frame *frame);
int64_t sys_mknod(struct trap_frame *frame);
int64_t sys_link(struct trap_frame *frame);
int64_t sys_unlink(struct trap_frame *frame);

/* sys/sys_mmap.c */
int64_t sys_mmap(struct trap_frame *frame);
int64_t sys_munmap(struct trap_frame *frame);
int64_t sys_mprotect(struct trap_frame *frame);
int64_t sys_msync(struct trap_frame *frame);
int64_t sys_madvise(struct trap_frame *frame);
int64_t sys_mincore(struct trap_frame *frame);
int64_t sys_mlock(struct trap_frame *frame);
int64_t sys_munlock(struct trap_frame *frame);

/* sys/sys_mem.c */
int64_t sys_sbrk(struct trap_frame *frame);
int64_t sys_vmstat(struct trap_frame *frame);
int64_t sys_memlimit(struct trap_frame *frame);
int64_t sys_swapon(struct trap_frame *frame);
int64_t sys_swapoff(struct trap_frame *frame);

#endif
