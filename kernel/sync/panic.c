/*
 * Panic: the kernel has found a bug in itself. The first hart that panics reports, and stops the
 * others. Each step of the report may itself panic: then the second panic of that hart prints its
 * message only, and the third one nothing. So a panic always ends.
 */
#include "sync/printf.h"

#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/memlayout.h"
#include "riscv/sbi.h"
#include "riscv/trap.h"
#include "sync/ksyms.h"

#define PANIC_STATUS 126
#define MAX_CALLS 32 /* the most lines of a backtrace */

extern char __text_start[], __text_end[]; /* kernel.ld */

static struct hart *panic_hart; /* a: the hart that reports */
static unsigned panic_depth;    /* that hart's alone */

bool panic_is_on(void)
{
    return __atomic_load_n(&panic_hart, __ATOMIC_RELAXED) == this_hart();
}

static void stop_for_ever(void)
{
    interrupts_off();
    for (;;)
        wait_for_interrupt();
}

void panic_stop_hart(void)
{
    if (__atomic_load_n(&panic_hart, __ATOMIC_RELAXED) && !panic_is_on())
        stop_for_ever();
}

/* Returns: is this the first call on the first hart? On other harts it does not return. */
static bool panic_begin(void)
{
    struct hart *none = NULL;

    interrupts_off();
    if (!__atomic_compare_exchange_n(&panic_hart, &none, this_hart(), false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE) &&
        none != this_hart())
        stop_for_ever();
    panic_depth++;
    if (panic_depth > 2)
        power_off(PANIC_STATUS);
    return panic_depth == 1;
}

/* Prints x1 to x31, with the names of the calling convention. */
static void print_registers(const struct trap_frame *frame)
{
    static const char name[][4] = {"ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0",
                                   "s1", "a0", "a1", "a2",  "a3",  "a4", "a5", "a6",
                                   "a7", "s2", "s3", "s4",  "s5",  "s6", "s7", "s8",
                                   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    const uint64_t *x = &frame->ra;

    for (unsigned i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        printf("%4s %016lx%s", name[i], x[i], i % 4 == 3 ? "\n" : "");
    printf("\n  pc %016lx status %lx cause %lx value %lx\n", frame->sepc, frame->sstatus,
           frame->scause, frame->stval);
}

static void print_call(uint64_t address)
{
    uint64_t offset;
    const char *name = ksym_find(address, &offset);

    printf("  %p %s+0x%lx\n", (void *)address, name, offset);
}

/* Is the instruction before address a call (jal, jalr or c.jalr with ra)? */
static bool follows_call(uint64_t address)
{
    const uint16_t *after = (const uint16_t *)address;
    uint32_t whole;

    if (address % 2 != 0 || address < (uint64_t)__text_start + 4 || address > (uint64_t)__text_end)
        return false;
    whole = after[-2] | (uint32_t)after[-1] << 16;
    return (whole & 0xfff) == 0x0ef || (whole & 0xfff) == 0x0e7 ||
           ((after[-1] & 0xf07f) == 0x9002 && (after[-1] & 0xf80) != 0);
}

/*
 * The kernel has no frame pointers, which would cost a fifteenth of its speed. So this lists every
 * word that looks like a return address, from sp to the end of the stack's page. Some may be left
 * over from earlier calls.
 */
static void print_backtrace(const struct trap_frame *frame)
{
    uint64_t end = PAGE_ROUND_UP(frame->sp);
    int calls = 0;

    printf("backtrace:\n");
    print_call(frame->sepc);
    if (frame->sp % 8 != 0 || frame->sp < KERNEL_HALF)
        return;
    for (uint64_t at = frame->sp; at < end && calls < MAX_CALLS; at += 8) {
        uint64_t word = *(uint64_t *)at;

        if (follows_call(word)) {
            print_call(word - 1); /* inside the call, even where it is a function's last */
            calls++;
        }
    }
}

/* frame: the registers; NULL: the message only. */
static void __attribute__((noreturn)) panic_end(const struct trap_frame *frame, const char *format,
                                                va_list list)
{
    uint64_t others = ((1ul << hart_count) - 1) & ~(1ul << this_hart()->index);

    printf("\npanic: ");
    printf_v(format, list);
    printf("\n");
    if (frame && others != 0)
        sbi_send_ipi(others);
    if (frame) {
        printf("hart %u of %u\n", this_hart()->id, hart_count);
        print_registers(frame);
        print_backtrace(frame);
    }
    power_off(PANIC_STATUS);
}

void panic(const char *format, ...)
{
    static struct trap_frame frame; /* static: the stack may be nearly full */
    bool first = panic_begin();
    va_list list;

    if (first) {
        __asm__ volatile(".irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
                         "26,27,28,29,30,31\n\tsd x\\n, (8 * (\\n - 1))(%0)\n\t.endr"
                         : : "r"(&frame) : "memory");
        frame.sepc = (uint64_t)__builtin_return_address(0) - 1;
        frame.sp = (uint64_t)__builtin_frame_address(0); /* the caller's */
        frame.sstatus = csr_read(sstatus);
        frame.scause = csr_read(scause);
        frame.stval = csr_read(stval);
    }
    va_start(list, format);
    panic_end(first ? &frame : NULL, format, list);
}

void panic_trap(const struct trap_frame *frame, const char *format, ...)
{
    bool first = panic_begin();
    va_list list;

    va_start(list, format);
    panic_end(first ? frame : NULL, format, list);
}
