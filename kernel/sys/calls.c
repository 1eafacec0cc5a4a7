/*
 * The table of system calls, by number. A number without a function is refused; a call that failed
 * for want of a frame is carried out again.
 */
#include "sys/calls.h"

#include "abi/limits.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "riscv/machine.h"
#include "sync/printf.h"
#include "vm/faults/usercopy.h"

#define SYSCALL_ROW(call, number) [number] = sys_##call,

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

int argument_path(uint64_t user, char **path)
{
    char *copy = kmem_alloc(MAX_PATH, 0);
    int result;

    if (!copy)
        return -ENOMEM;
    result = user_copy_string(current_process()->mm, copy, user, MAX_PATH);
    if (result < 0) {
        kmem_free(copy);
        return result;
    }
    *path = copy;
    return 0;
}

#ifdef SAN
/* Is it the call that the boot argument names? *step: the number behind the comma. */
static bool kill_call_named(uint64_t number, uint64_t *step)
{
#define SYSCALL_NAME(call, number) [number] = #call,
    static const char *const names[SYSCALLS] = {FOR_EACH_SYSCALL(SYSCALL_NAME)};
    const char *wanted = boot_argument("kill_call");
    size_t length;

    if (!wanted || number >= SYSCALLS || !names[number] || !current_process()->parent)
        return false;
    length = strlen(names[number]);
    if (strncmp(wanted, names[number], length) != 0 || wanted[length] != ',')
        return false;
    *step = 0;
    for (wanted += length + 1; *wanted >= '0' && *wanted <= '9'; wanted++)
        *step = *step * 10 + (uint64_t)(*wanted - '0');
    return true;
}

void kill_call_begin(uint64_t number)
{
    static uint64_t calls; /* atomic */
    struct thread *thread = current_thread();
    uint64_t after = thread->kill_after, step;

    if (!after && kill_call_named(number, &step))
        after = step * __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    thread->kill_after = 0;
    if (after)
        timer_kill_after(after);
}
#endif
