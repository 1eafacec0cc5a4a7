/* The switch between kernel threads: struct context of thread/thread.h is ra, sp, s0 to s11. */
    .text
    .balign 4
    .globl context_switch
context_switch: /* a0: where the registers go; a1: where the new ones come from */
    sd ra, 0(a0)
    sd sp, 8(a0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    sd s\n, 16 + 8 * \n(a0)
    .endr

    ld ra, 0(a1)
    ld sp, 8(a1)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ld s\n, 16 + 8 * \n(a1)
    .endr
    ret
