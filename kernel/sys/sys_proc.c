/* System calls about processes, threads and time. */
#include "abi/errno.h"
#include "abi/limits.h"
#include "abi/syscall.h"
#include "abi/wait.h"
#include "fs/inode.h"
#include "mem/kmem.h"
#include "proc/exec.h"
#include "proc/futex.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "sys/calls.h"
#include "vm/faults/usercopy.h"

SIMPLE_CALL(fork, process_fork(frame))
SIMPLE_CALL(wait, process_wait(frame->a0, 0))
SIMPLE_CALL(wait_info, process_wait(frame->a0, frame->a1))
SIMPLE_CALL(kill, is_int(frame->a0) ? process_kill((int)frame->a0, CAUSE_KILL) : -ESRCH)
SIMPLE_CALL(foreground, is_int(frame->a0) ? process_foreground((int)frame->a0) : -ESRCH)
SIMPLE_CALL(getpid, current_process()->pid)
SIMPLE_CALL(getppid, process_parent_pid())
SIMPLE_CALL(uptime, (int64_t)(timer_now() / (timer_frequency / TICKS_PER_SECOND)))
/* thread_create(f, argument, stack_top, return_to): the thread's number. */
SIMPLE_CALL(thread_create, process_add_thread(frame->a0, frame->a1, frame->a2, frame->a3))
SIMPLE_CALL(thread_join, is_int(frame->a0) ? process_join_thread((int)frame->a0) : -ESRCH)
SIMPLE_CALL(futex_wait, is_int(frame->a1) ? futex_wait(current_process()->mm, frame->a0,
                                                       (uint32_t)frame->a1) : -EINVAL)
SIMPLE_CALL(futex_wake, is_int(frame->a1) ? futex_wake(current_process()->mm, frame->a0,
                                                       (int)frame->a1) : -EINVAL)

int64_t sys_exit(struct trap_frame *frame)
{
    process_exit((int)frame->a0);
}

int64_t sys_exec(struct trap_frame *frame)
{
    struct process *process = current_process();
    struct exec_arguments *arguments;
    char *path;
    int64_t result = argument_path(frame->a0, &path);

    if (result < 0)
        return result;
    result = -ENOMEM;
    arguments = exec_arguments_create();
    if (!arguments)
        goto free_path;
    result = exec_arguments_fetch(arguments, process->mm, frame->a1);
    if (result == 0)
        result = process_exec(process, frame, path, arguments);
    exec_arguments_destroy(arguments);
free_path:
    kmem_free(path);
    return result;
}

int64_t sys_pause(struct trap_frame *frame)
{
    int64_t ticks = (int64_t)frame->a0;

    if (!is_int(frame->a0))
        return -EINVAL;
    if (ticks <= 0)
        return 0;
    return thread_sleep_until(timer_now() + (uint64_t)ticks * timer_frequency / TICKS_PER_SECOND);
}

int64_t sys_poweroff(struct trap_frame *frame)
{
    int64_t status = (int64_t)frame->a0;

    if (status < 0 || status > INT8_MAX)
        return -EINVAL;
    if (fs_sync() == -EINTR)
        return -EINTR;
    power_off((int)status);
}

int64_t sys_procinfo(struct trap_frame *frame)
{
    struct mm_struct *mm = current_process()->mm;
    struct proc_info info = {0};
    int64_t rows = (int64_t)frame->a1, row;

    if (rows < 0 || !is_int(frame->a1))
        return -EINVAL;
    for (row = 0; row < rows && process_describe_next(info.pid, &info); row++) {
        int error = user_copy_out(mm, frame->a0 + (uint64_t)row * sizeof(info), &info,
                                  sizeof(info));

        if (error)
            return error;
    }
    return row;
}

int64_t sys_thread_exit(struct trap_frame *frame)
{
    (void)frame;
    process_leave();
}

