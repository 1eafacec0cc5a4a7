/*
 * checkpoint(a0 = number, a1 = facts, a2 = bytes), and the nonce, on a page of their own. QEMU
 * holds a breakpoint at checkpoint_here. The instructions in front of it read the facts, so that
 * their pages are in memory; the page of the nonce is, for the instruction lies on it.
 */
    .section .checkpoint, "ax", @progbits
    .option norelax
    .option norvc

    .globl checkpoint
checkpoint:
    beqz    a2, checkpoint_here
    add     t0, a1, a2
    addi    t0, t0, -1          /* the last byte */
    lui     t2, 1
    mv      t1, a1
1:  lbu     zero, 0(t1)
    add     t1, t1, t2
    bltu    t1, t0, 1b
    lbu     zero, 0(t0)

    .globl checkpoint_here
checkpoint_here:
    nop
    ret

    .balign 8
    .globl nonce
    .type nonce, @object
    .size nonce, 8
nonce:
    .dword NONCE
