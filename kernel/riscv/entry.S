/*
 * Where harts enter the kernel: supervisor mode, physical addresses, interrupts off, a0 = hart id.
 *
 * The image is linked into the upper half and loaded anywhere on a 2 MiB boundary. The boot tables
 * map physical addresses 0 to 64 GiB at DIRECT_BASE, and the image, in all rights; mmu/kernel_map.c
 * puts the real map in their place. The lower half is empty in them, so the fetch after satp is
 * written faults, and stvec, which then holds the next instruction's virtual address, takes the
 * hart there (privileged specification, "Supervisor Address Translation and Protection (satp)
 * Register").
 */
#include "abi/limits.h"
#include "riscv/csr.h"
#include "riscv/memlayout.h"

#define LEAF_RW 0xe7  /* V R W G A D */
#define LEAF_RWX 0xef /* V R W X G A D */
#define TABLE 0x01    /* V */
#define GIGAPAGE_SHIFT 30
#define MEGAPAGE_SHIFT 21
#define HART_STACK_BYTES 8192
#define BOOT_SATP (SATP_SV39 << SATP_MODE_SHIFT)

    .section .text.entry, "ax"
    .option norelax /* the addresses here are physical first, virtual later */
    .globl _start
_start:
    csrw sie, zero
    csrci sstatus, SSTATUS_SIE

    /*
     * OpenSBI (1.1 is one) may let a hart that we start come here: it says "start" to it before it
     * says where. The first hart to come boots; any other is the one that main.c is launching.
     */
    la t0, harts_entered
    li t1, 1
    amoadd.w.aqrl t1, t1, (t0)
    beqz t1, boot_hart
    la a1, hart_launch
    j secondary_entry

boot_hart:
    mv s0, a0 /* hart id */
    mv s1, a1 /* the device tree */
    la s2, _start /* the physical address of the image */

    la t0, __bss_start
    la t1, __bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

    /*
     * The direct map: one leaf a GiB. The flag bits lie below the page number: see PTE_PFN_SHIFT.
     */
    la s3, boot_root_sv39
    li t0, 8 * (DIRECT_BASE >> GIGAPAGE_SHIFT & 511)
    add t0, s3, t0
    li t1, LEAF_RW
    li t2, 1 << (GIGAPAGE_SHIFT - 2)
    li t3, DIRECT_SIZE >> GIGAPAGE_SHIFT
1:  sd t1, 0(t0)
    addi t0, t0, 8
    add t1, t1, t2
    addi t3, t3, -1
    bnez t3, 1b

    /* The image: one leaf for each 2 MiB, as far as it goes. */
    la t0, boot_image_table
    srli t1, t0, 2
    ori t1, t1, TABLE
    li t2, 8 * (KERNEL_BASE >> GIGAPAGE_SHIFT & 511)
    add t2, s3, t2
    sd t1, 0(t2)
    la t1, _end
    sub t1, t1, s2
    ld t2, start_link_address
    slli t2, t2, 64 - GIGAPAGE_SHIFT
    srli t2, t2, 64 - GIGAPAGE_SHIFT + MEGAPAGE_SHIFT
    slli t2, t2, 3
    add t0, t0, t2
    srli t2, s2, 2
    ori t2, t2, LEAF_RWX
    li t3, 1 << (MEGAPAGE_SHIFT - 2)
    li t4, 1 << MEGAPAGE_SHIFT
1:  sd t2, 0(t0)
    addi t0, t0, 8
    add t2, t2, t3
    sub t1, t1, t4
    bgtz t1, 1b

    /* Roots for the probe of more levels: their last entry is the root of one level less. */
    la t0, boot_root_sv48
    srli t1, s3, 2
    ori t1, t1, TABLE
    li t3, 8 * 511
    add t2, t0, t3
    sd t1, 0(t2)
    srli t1, t0, 2
    ori t1, t1, TABLE
    la t0, boot_root_sv57
    add t2, t0, t3
    sd t1, 0(t2)

    ld t0, upper_half_link_address
    csrw stvec, t0
    srli t0, s3, PAGE_SHIFT
    li t1, BOOT_SATP
    or t0, t0, t1
    sfence.vma
    csrw satp, t0

    .balign 4
upper_half:
    la t0, trap_vector
    csrw stvec, t0
    csrw sscratch, zero
    la t0, kernel_load_pa
    sd s2, 0(t0)
    la tp, harts
    la sp, hart_stacks
    li t0, HART_STACK_BYTES
    add sp, sp, t0
    mv a0, s0
    mv a1, s1
    li s0, 0 /* no frame before this one */
    call kernel_main

/* Other harts: a1 is the physical address of their struct hart_launch (main.c). */
    .globl secondary_entry
secondary_entry:
    csrw sie, zero
    csrci sstatus, SSTATUS_SIE
    ld t0, 0(a1)
    ld t1, 8(a1)
    ld tp, 16(a1)
    ld sp, 24(a1)
    csrw stvec, t1
    sfence.vma
    csrw satp, t0

    .balign 4
    .globl secondary_upper_half
secondary_upper_half:
    la t0, trap_vector
    csrw stvec, t0
    csrw sscratch, zero
    li s0, 0
    call kernel_secondary_main

    .data
    .balign 4
harts_entered: /* not in .bss, which the first of them clears */
    .word 0

    .section .text.entry, "ax"
    .balign 8
start_link_address:
    .quad _start
upper_half_link_address:
    .quad upper_half

    .bss
    .balign HART_STACK_BYTES
    .globl hart_stacks
hart_stacks:
    .zero MAX_HARTS * HART_STACK_BYTES

    .globl boot_root_sv39, boot_root_sv48, boot_root_sv57
boot_root_sv39:
    .zero PAGE_SIZE
boot_root_sv48:
    .zero PAGE_SIZE
boot_root_sv57:
    .zero PAGE_SIZE
boot_image_table:
    .zero PAGE_SIZE

    .globl kernel_load_pa
kernel_load_pa:
    .quad 0
