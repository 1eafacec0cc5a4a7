/* What happens when memory that was never promised cannot be had. */
#pragma once

#include <stdint.h>

struct mm_struct;

/*
 * mm touched unreserved memory, and no page can be promised. The process with the most of such
 * pages is killed: 0: that is another one, and it pays to try again; -ENOMEM: it is mm's own, or
 * nobody has any. tries: how often this was asked for the same page. Sleeps; holds nothing.
 */
int oom_make_room(struct mm_struct *mm, uint32_t tries);
/* proc/ sets it: kills the process that runs in mm, if one still does. Never sleeps. */
extern void (*oom_kill_hook)(struct mm_struct *mm, int cause);
