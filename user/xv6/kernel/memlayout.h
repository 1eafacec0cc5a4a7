/*
 * Addresses of xv6's world. Its programs use them as addresses that a program must not touch, and
 * PHYSTOP - KERNBASE as the size of memory. xv39 compiles in none of them, and keeps nothing at
 * the user addresses named here.
 */
#ifndef XV6_MEMLAYOUT_H
#define XV6_MEMLAYOUT_H

#include "kernel/riscv.h"

#define UART0 0x10000000L
#define UART0_IRQ 10
#define VIRTIO0 0x10001000
#define VIRTIO0_IRQ 1
#define CLINT 0x2000000L
#define PLIC 0x0c000000L

#define KERNBASE 0x80000000L
#define PHYSTOP (KERNBASE + 128 * 1024 * 1024)

#define TRAMPOLINE (MAXVA - PGSIZE)

/*
 * xv6's programs take TRAPFRAME for the address where the heap must end. In xv39 that is the guard
 * below the stack: 64 KiB under 256 KiB of stack, which end 1 MiB below MAXVA.
 */
#define TRAPFRAME (MAXVA - (1024 + 256 + 64) * 1024L)

/* One page of the page-table lab, which xv39 does not map. */
#define USYSCALL (TRAMPOLINE - 2 * PGSIZE)

#ifndef __ASSEMBLER__
struct usyscall {
    int pid;
};
#endif

#endif
