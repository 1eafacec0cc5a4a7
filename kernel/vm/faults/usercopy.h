/*
 * Copies between the kernel and a user address space, through the direct map: the kernel never
 * dereferences a user address (SUM stays 0).
 *
 * user_copy_try never faults and never sleeps: allowed under inode, page, pipe and futex locks.
 * The others may fault and sleep: allowed only with nothing held but outer locks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmu/pte.h"

struct mm_struct;

/* Which way the bytes go, by what is done to the user's page. */
enum user_copy { USER_TO_KERNEL = ACCESS_READ, KERNEL_TO_USER = ACCESS_WRITE };

/* Returns the bytes done before the first page that is absent or does not allow it. */
size_t user_copy_try(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                     enum user_copy way);

/*
 * Copies what it can at once, of bytes > 0, but at least one: it brings the first page in if it has
 * to, and other threads that take it away again and again do not keep it from getting on.
 * Returns: how many, or -EFAULT, -ENOMEM, -EIO, -EINTR. Sleeps; only outer locks held.
 */
int64_t user_copy_some(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                       enum user_copy way);

/* 0, or -EFAULT (or -ENOMEM, -EIO: the page could not be had; -EINTR: it is to end). Sleep. */
int user_copy_in(struct mm_struct *mm, void *kernel, uint64_t user, size_t bytes);
int user_copy_out(struct mm_struct *mm, uint64_t user, const void *kernel, size_t bytes);

/*
 * A string with its NUL into kernel[size]. Returns its length, -EFAULT, or -ENAMETOOLONG. Sleeps.
 */
int user_copy_string(struct mm_struct *mm, char *kernel, uint64_t user, size_t size);

/*
 * Makes the page at user present, readable or (write) writable, as a user's access would; the
 * caller tries again then. 0, -EFAULT, -ENOMEM, -EIO, -EINTR. Sleeps; only outer locks held.
 */
int user_fault_in(struct mm_struct *mm, uint64_t user, bool write);
/* Is [user, user + bytes) inside the user half? (Nothing more is said of it.) */
bool user_range_ok(uint64_t user, size_t bytes);
