/*
 * Calls that say or ask something about mapped ranges: msync, madvise, mincore. Chapter "Memory
 * Mapping".
 *
 * Locks: none. Sleep: all of them. Return: 0 or -errno, as POSIX has it.
 */
#pragma once

#include "vm/mapping/mm.h"

int mm_sync(struct mm_struct *mm, uint64_t start, uint64_t length, int flags);
int mm_advise(struct mm_struct *mm, uint64_t start, uint64_t length, int advice);
/* mincore: one byte a page into present[]: 1 where no access would have to wait. */
int mm_present(struct mm_struct *mm, uint64_t start, uint64_t pages, unsigned char *present);
