/*
 * The system calls, one function each. Argument n is in register a0 + n of the frame; the result
 * goes to a0 (a negative errno: refused). Each call runs with interrupts on and without locks. User
 * pointers are only followed by the functions of vm/faults/usercopy.h.
 */
#pragma once

#include "abi/errno.h"
#include "abi/syscall.h"
#include "proc/process.h"
#include "riscv/trap.h"
#include "thread/clock.h"

#define SYSCALLS (SYS_LAST + 1)
extern int64_t (*const syscall_table[SYSCALLS])(struct trap_frame *frame); /* NULL: no such call */

/*
 * After -ENOMEM: if the call lacked a frame, waits until some are free and carries it out again. A
 * call that can return -ENOMEM has changed nothing by then, or only what may be done twice.
 * Locks: none are held. Sleeps. Returns: as the call.
 */
int64_t syscall_again(struct trap_frame *frame);

#ifdef SAN
/*
 * Kills in the middle of a call: the running thread, so many instructions after the call began. A
 * program arms its next call by vmstat(n, NULL, VMSTAT_KILL); the boot argument kill_call=NAME,n
 * arms every call of that name but init's, the k-th with k * n.
 */
void kill_call_begin(uint64_t number);
#endif

/* Carries out the call with the number in a7. In line, since every call passes here. */
static inline void syscall(struct trap_frame *frame)
{
    uint64_t number = frame->a7;
    int64_t result = -ENOSYS;

#ifdef SAN
    current_thread()->has_acted = false;
    kill_call_begin(number);
#endif
    if (number < SYSCALLS && syscall_table[number])
        result = syscall_table[number](frame);
    if (__builtin_expect(result == -ENOMEM, 0))
        result = syscall_again(frame);
#ifdef SAN
    timer_kill_cancel();
#endif
    frame->a0 = (uint64_t)result;
}

/*
 * Is the argument an int? Then the register holds it sign-extended, as the calling convention says.
 * Any other value would be a different number after truncation.
 */
static inline bool is_int(uint64_t argument)
{
    return (int64_t)argument == (int)argument;
}

/*
 * The string at user address user, at most MAX_PATH bytes. Sleeps.
 * Returns: 0, -EFAULT, -ENAMETOOLONG, -ENOMEM. Owns: the caller, and frees it by kmem_free.
 */
int argument_path(uint64_t user, char **path);

/*
 * All there are, in the order of their files: sys_proc.c, sys_file.c, sys_mmap.c, sys_mem.c. Call
 * CALL has the number SYS_CALL and the function sys_CALL.
 */
#define FOR_EACH_SYSCALL(X)                                                               \
    X(fork) X(exit) X(wait) X(kill) X(exec) X(getpid) X(getppid) X(pause) X(uptime)       \
    X(poweroff) X(procinfo) X(thread_create) X(thread_join) X(thread_exit) X(futex_wait)  \
    X(futex_wake) X(wait_info)                                                            \
    X(open) X(close) X(read) X(write) X(lseek) X(ftruncate) X(fsync) X(sync) X(fstat)     \
    X(dup) X(pipe) X(chdir) X(mkdir) X(mknod) X(link) X(unlink)                           \
    X(mmap) X(munmap) X(mprotect) X(msync) X(madvise) X(mincore) X(mlock) X(munlock)      \
    X(sbrk) X(vmstat) X(memlimit) X(swapon) X(swapoff)

#define SYSCALL_PROTOTYPE(call) int64_t sys_##call(struct trap_frame *frame);
FOR_EACH_SYSCALL(SYSCALL_PROTOTYPE)
