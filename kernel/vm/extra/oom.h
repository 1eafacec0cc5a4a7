/* What happens when memory that is not reserved cannot be had. */
#pragma once

#include <stdint.h>

struct mm_struct;

/*
 * mm touched memory that is not reserved, and no page can be charged. Kills the process with the
 * most pages of that kind, unless it is mm's own. tries: how often this was called for one page.
 * Returns: 0: another process was killed, try again; -ENOMEM: none was.
 * Sleeps; holds nothing.
 */
int oom_make_room(struct mm_struct *mm, uint32_t tries);
/* proc/ sets it: kills the process that runs in mm, if one still does. Never sleeps. */
extern void (*oom_kill_hook)(struct mm_struct *mm, int cause);
