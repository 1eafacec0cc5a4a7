/* Boot of vm/: once, after the frames are managed, before the first user address space. */
#pragma once

void vm_init(void);
/* What may sleep: swap and the pager. 0 or -ENOMEM. */
int vm_start(void);
