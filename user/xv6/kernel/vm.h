/* The second argument of sys_sbrk(), since 2025. */
#ifndef XV6_VM_H
#define XV6_VM_H

#define SBRK_EAGER 1
#define SBRK_LAZY 2

#endif
