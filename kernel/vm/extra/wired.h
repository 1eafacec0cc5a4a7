/*
 * mlock: areas with pages that stay in memory. Chapter "Page Replacement".
 */
#pragma once

#include "vm/mapping/mm.h"

/*
 * mlock and munlock, as POSIX has them.
 * Returns: 0, -EINVAL, -ENOMEM (a hole; no memory; more than an eighth of it), -EINTR.
 * Locks: none.
 * Sleeps.
 */
int mm_mlock(struct mm_struct *mm, uint64_t start, uint64_t length, bool locked);
/*
 * Touches each page of the range as a load would, or as a store where that is allowed.
 * Returns: 0, -EINTR, -ENOMEM (a hole), or why a page could not be had.
 * Locks: none.
 * Sleeps.
 */
int mm_populate(struct mm_struct *mm, uint64_t start, uint64_t length);
