/*
 * futex: sleep while a word of user memory has a given value. Programs build their locks on such
 * words (user/lib/thread.c), and call the kernel only to wait or to wake.
 */
#pragma once

#include <stdint.h>

struct mm_struct;

void futex_init(void); /* at boot */
/*
 * Sleeps until woken, unless the word at address is not value: 0, -EAGAIN (it is not), -EINTR,
 * -EINVAL (not aligned), -EFAULT, -ENOMEM, -EIO. Holds nothing. Sleeps.
 */
int futex_wait(struct mm_struct *mm, uint64_t address, uint32_t value);
/* Wakes at most count sleepers, in order of arrival. Returns: how many, or -errno. */
int futex_wake(struct mm_struct *mm, uint64_t address, int count);
