/* Arguments of system calls that are more than a number. */
#include "abi/errno.h"
#include "abi/limits.h"
#include "mem/kmem.h"
#include "sys/calls.h"
#include "vm/faults/usercopy.h"

int argument_path(uint64_t user, char **path)
{
    char *copy = kmem_alloc(MAX_PATH, 0);
    int result;

    if (copy == NULL)
        return -ENOMEM;
    result = user_copy_string(current_process()->mm, copy, user, MAX_PATH);
    if (result < 0) {
        kmem_free(copy);
        return result;
    }
    *path = copy;
    return 0;
}
