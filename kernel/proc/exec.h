/* exec: a process gets another program. */
#pragma once

#include <stdint.h>

#include "abi/limits.h"

struct mm_struct;
struct process;
struct trap_frame;

/* The argument strings of a new program, in kernel memory. About 300 bytes: not for the stack. */
struct exec_arguments {
    uint32_t count;
    uint32_t bytes;                  /* used in strings */
    uint64_t offset[MAX_ARGS + 1];   /* of each string; while building the stack, addresses */
    char *strings;                   /* MAX_ARG_BYTES */
};

/* Empty, or NULL: no memory. Sleeps. */
struct exec_arguments *exec_arguments_create(void);
void exec_arguments_destroy(struct exec_arguments *arguments);
int exec_arguments_add(struct exec_arguments *arguments, const char *string); /* 0 or -E2BIG */
/* Copies all of a user's argv. Returns: 0, -E2BIG, -EFAULT or -ENOMEM. Sleeps. */
int exec_arguments_fetch(struct exec_arguments *arguments, struct mm_struct *mm, uint64_t argv);

/*
 * Gives the process the program at path, and sets frame to the registers that start it. The process
 * is the running one, or one that has not run yet. Sleeps.
 * Returns: argc, for a0; or -errno: nothing has changed.
 */
int process_exec(struct process *process, struct trap_frame *frame, const char *path,
                 struct exec_arguments *arguments);
