/* Boot of vm/: once, after the frames are managed, before the first user address space. */
#ifndef VM_VM_H
#define VM_VM_H

void vm_init(void);
/* What may sleep: swap and the pager. 0 or -ENOMEM. */
int vm_start(void);

#endif
