/*
 * Traps, handed over by the vector (riscv/trap.S) and sorted by cause. A trap from user mode is a
 * system call, a page fault, an interrupt, or an error that ends the process. A trap from the
 * kernel is an interrupt; an exception there is a bug, since the kernel never accesses user
 * addresses.
 */
#include "abi/wait.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mmu/tlb_check.h"
#include "proc/process.h"
#include "riscv/csr.h"
#include "riscv/instruction.h"
#include "riscv/irq.h"
#include "riscv/machine.h"
#include "riscv/user_state.h"
#include "sync/printf.h"
#include "sys/calls.h"
#include "sys/report.h"
#include "thread/clock.h"
#include "vm/faults/fault.h"
#include "vm/faults/usercopy.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)

static const char *cause_name(uint64_t cause)
{
    static const char *const name[] = {
        [EXCEPTION_FETCH_MISALIGNED] = "misaligned instruction address",
        [EXCEPTION_FETCH_ACCESS] = "instruction access fault",
        [EXCEPTION_ILLEGAL] = "illegal instruction",
        [EXCEPTION_BREAKPOINT] = "breakpoint",
        [EXCEPTION_LOAD_MISALIGNED] = "misaligned load",
        [EXCEPTION_LOAD_ACCESS] = "load access fault",
        [EXCEPTION_STORE_MISALIGNED] = "misaligned store",
        [EXCEPTION_STORE_ACCESS] = "store access fault",
        [EXCEPTION_FETCH_PAGE] = "instruction page fault",
        [EXCEPTION_LOAD_PAGE] = "load page fault",
        [EXCEPTION_STORE_PAGE] = "store page fault",
    };

    if (cause < sizeof(name) / sizeof(name[0]) && name[cause])
        return name[cause];
    return "unknown exception";
}

/* Interrupts are off, so nothing preempts the handlers. */
static void serve_interrupt(uint64_t cause)
{
#ifdef SAN
    this_hart()->interrupt_depth++;
#endif
    switch (cause & ~SCAUSE_INTERRUPT) {
    case INTERRUPT_TIMER:
        timer_interrupt();
        break;
    case INTERRUPT_EXTERNAL:
        irq_dispatch();
        break;
    case INTERRUPT_SOFTWARE: /* another hart asks this one to look at need_resched, or to stop */
        interrupt_software_clear();
        panic_stop_hart();
        break;
    default:
        panic("interrupt %lu, which was never enabled", cause & ~SCAUSE_INTERRUPT);
    }
#ifdef SAN
    this_hart()->interrupt_depth--;
#endif
}

/*
 * The first floating-point instruction of a program traps as illegal, since FS is Off ("Extension
 * Context Status"). The program gets zeroed registers and tries again; without memory for them it
 * is killed. Returns: was it such an instruction?
 */
static bool start_floating_point(struct trap_frame *frame)
{
    struct thread *thread = current_thread();

    if (!machine.floating_point || user_state_fp(frame) != FP_OFF)
        return false;
    while (!thread->fp) {
        thread->fp = kmem_alloc(FP_STATE_WORDS * sizeof(thread->fp[0]), 0);
        if (!thread->fp && frame_wait() != 0) {
            if (thread_is_interrupted())
                return true; /* then it does not run again */
            printf("pid %d (%s): killed: no memory is left for floating-point registers\n",
                   current_process()->pid, current_process()->name);
            process_kill_self(CAUSE_NO_MEMORY);
            return true;
        }
    }
    memset(thread->fp, 0, FP_STATE_WORDS * sizeof(thread->fp[0]));
    interrupts_off(); /* no switch may come between the registers and FS */
    fp_restore(thread->fp);
    user_state_set_fp(frame, FP_CLEAN);
    interrupts_on();
    return true;
}

/* A remark for the line that reports the end, from the program's last instruction. */
static const char *remark_on(const struct trap_frame *frame)
{
    uint32_t bits = (uint32_t)frame->stval; /* some harts leave it 0 */

    if (frame->sepc == 0)
        return ": a call through NULL";
    if (frame->scause != EXCEPTION_ILLEGAL)
        return "";
    if (bits == 0)
        user_copy_try(current_process()->mm, frame->sepc, &bits, sizeof(bits), USER_TO_KERNEL);
    switch (instruction_unit(bits)) {
    case UNIT_VECTOR:
        return ": it is for vectors, and programs have no vector registers";
    case UNIT_FLOAT:
        return machine.floating_point ? "" : ": this machine has no floating point";
    default:
        return "";
    }
}

static bool is_page_fault(uint64_t cause)
{
    return cause == EXCEPTION_STORE_PAGE || cause == EXCEPTION_LOAD_PAGE ||
           cause == EXCEPTION_FETCH_PAGE;
}

static unsigned access_tried(const struct trap_frame *frame)
{
    if (frame->scause == EXCEPTION_STORE_PAGE)
        return FAULT_FLAG_WRITE;
    return frame->scause == EXCEPTION_LOAD_PAGE ? FAULT_FLAG_READ : FAULT_FLAG_EXEC;
}

static enum wait_cause cause_of_fault(const struct trap_frame *frame,
                                      enum fault_result why)
{
    if (why == FAULT_NO_MEMORY)
        return CAUSE_NO_MEMORY;
    if (why == FAULT_PAST_END || why == FAULT_IO_ERROR || why == FAULT_NO_SPACE)
        return CAUSE_NO_PAGE;
    if (frame->scause == EXCEPTION_STORE_PAGE)
        return CAUSE_STORE;
    return frame->scause == EXCEPTION_LOAD_PAGE ? CAUSE_LOAD : CAUSE_FETCH;
}

static void __attribute__((noinline)) user_page_fault(struct trap_frame *frame)
{
    enum fault_result result;

    interrupts_on();
    result = handle_page_fault(current_process()->mm, frame->stval,
                               access_tried(frame) | FAULT_FLAG_USER_SP, frame->sp, NULL);
    if (!LIKELY(result == FAULT_OK) && result != FAULT_INTERRUPTED) {
        fault_report(current_process()->mm, frame->stval, access_tried(frame), frame->sepc, result);
        process_kill_self(cause_of_fault(frame, result));
    }
}

/* Neither a call nor a page fault. Not in line: otherwise trap_user would save registers for it in
 * every call. */
static void __attribute__((noinline)) user_trap_other(struct trap_frame *frame)
{
    struct process *process = current_process();

    if (frame->scause & SCAUSE_INTERRUPT) {
        serve_interrupt(frame->scause);
        return;
    }
    interrupts_on();
    if (frame->scause == EXCEPTION_ILLEGAL && start_floating_point(frame))
        return;
    printf("pid %d (%s): killed: %s%s (value 0x%lx, pc 0x%lx)\n", process->pid, process->name,
           cause_name(frame->scause), remark_on(frame), (unsigned long)frame->stval,
           (unsigned long)frame->sepc);
    process_kill_self(CAUSE_INSTRUCTION);
}

/* Called instead of returning to user mode. Interrupts are off, also on return. */
static void __attribute__((noinline)) stay_in_kernel(void)
{
    interrupts_on();
    if (thread_is_interrupted())
        process_exit_killed();
    thread_yield();
    interrupts_off();
}

/*
 * Interrupts stay off from the last look at the two reasons not to return until sret. Code that
 * sets one of them later also interrupts this hart, which then comes back here.
 */
void trap_user(struct trap_frame *frame)
{
    if (LIKELY(frame->scause == EXCEPTION_USER_CALL)) {
        frame->sepc += 4; /* ecall has no short form */
        interrupts_on();
        syscall(frame);
    } else if (LIKELY(is_page_fault(frame->scause))) {
        user_page_fault(frame);
    } else {
        user_trap_other(frame);
    }
    interrupts_off();
    while (!LIKELY(!hart_needs_resched() && !thread_is_interrupted()))
        stay_in_kernel();
    lockorder_assert_none(true);
    tlb_check_return();
}

static void __attribute__((noreturn)) kernel_exception(const struct trap_frame *frame)
{
    uint64_t cause = frame->scause;
    bool user = frame->stval < user_half_end(paging_levels);

    if (cause == EXCEPTION_BREAKPOINT)
        panic_trap(frame, "ebreak in the kernel: undefined behaviour, seen by a check of SAN=1");
    if (user && (cause == EXCEPTION_LOAD_PAGE || cause == EXCEPTION_STORE_PAGE))
        panic_trap(frame, "%s in the kernel: it followed a user's pointer, or NULL: 0x%lx",
                   cause_name(cause), (unsigned long)frame->stval);
    panic_trap(frame, "%s in the kernel (value 0x%lx)", cause_name(cause),
               (unsigned long)frame->stval);
}

void trap_kernel(struct trap_frame *frame)
{
    if (!(frame->scause & SCAUSE_INTERRUPT))
        kernel_exception(frame);
    serve_interrupt(frame->scause);
    if (hart_needs_resched() && this_hart()->preempt_count == 0)
        thread_yield();
}

void trap_stack_overflow(struct trap_frame *frame)
{
    panic_trap(frame, "kernel stack overflow");
}
