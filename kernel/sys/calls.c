/*
 * The table of system calls: from a number to the function. What has no function is refused.
 */
#include "sys/calls.h"

#define SYSCALL_ROW(call) [SYS_##call] = sys_##call,

int64_t (*const syscall_table[SYSCALLS])(struct trap_frame *) = {FOR_EACH_SYSCALL(SYSCALL_ROW)};
