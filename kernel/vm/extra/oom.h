/* What happens when memory that is not reserved cannot be had. */
#pragma once

struct mm_struct;
struct vm_fault;

/*
 * fault is in memory that is not reserved, and no page can be charged. Kills the process with the
 * most pages of that kind, unless it is the fault's own.
 * Returns: 0: try again; -ENOMEM: no other process has such memory, or is just giving it back.
 * Sleeps; holds nothing.
 */
int oom_make_room(struct vm_fault *fault);
/* proc/ sets it: kills the process that runs in mm, if one still does. Never sleeps. */
extern void (*oom_kill_hook)(struct mm_struct *mm, int cause);
