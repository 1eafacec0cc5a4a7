/*
 * The table of system calls: from a number to the function. What has no function is refused; what
 * lacked a frame is carried out again.
 */
#include "sys/calls.h"

#include "mem/frame.h"
#include "sync/printf.h"
#include "thread/thread.h"

#define SYSCALL_ROW(call) [SYS_##call] = sys_##call,

int64_t (*const syscall_table[SYSCALLS])(struct trap_frame *) = {FOR_EACH_SYSCALL(SYSCALL_ROW)};

int64_t syscall_again(struct trap_frame *frame)
{
    struct thread *thread = current_thread();
    int64_t result = -ENOMEM;

    while (result == -ENOMEM && thread->missed_frame && frame_wait() == 0) {
        san_assert(!thread->has_acted);
        thread->missed_frame = false;
        result = syscall_table[frame->a7](frame);
    }
    return result;
}
