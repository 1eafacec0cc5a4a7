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

/* The function of each call, in sys_proc.c, sys_file.c, sys_mmap.c or sys_mem.c. */
#define SYSCALL_PROTOTYPE(call, number) int64_t sys_##call(struct trap_frame *frame);
FOR_EACH_SYSCALL(SYSCALL_PROTOTYPE)

/* Defines sys_NAME() for a call that is one expression: of frame, which has the arguments. */
#define SIMPLE_CALL(name, result)                    \
    int64_t sys_##name(struct trap_frame *frame)     \
    {                                                \
        (void)frame;                                 \
        return result;                               \
    }
