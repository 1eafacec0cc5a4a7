/*
 * mprotect. Chapter "Memory Mapping".
 */
#pragma once

#include "vm/mapping/mm.h"

/*
 * The call, as POSIX has it.
 * Returns: 0, -EINVAL, -ENOMEM (a hole, or no memory), -EACCES.
 * Locks: none.
 * Sleeps.
 */
int mm_protect(struct mm_struct *mm, uint64_t start, uint64_t length, int prot);
