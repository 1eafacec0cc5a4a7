/*
 * fork: makes a copy of the process, with its registers, memory, and open files; of its threads,
 * only the calling one. All that can fail comes before the child is listed, so a failure leaves
 * nothing.
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "mem/kmem.h"
#include "proc/process.h"
#include "riscv/user_state.h"
#include "vm/mapping/mm_fork.h"

/*
 * Copies the floating-point registers, if the parent uses them. While the parent runs in the
 * kernel, the hart's registers are the parent's, also after a switch away and back; so fp_save
 * saves those.
 */
static int copy_floating_point(struct thread *from, struct thread *to)
{
    struct trap_frame *frame = trap_frame_of(from->stack);

    if (user_state_fp(frame) == FP_OFF)
        return 0;
    to->fp = kmem_alloc(FP_STATE_WORDS * sizeof(to->fp[0]), 0);
    if (!to->fp)
        return -ENOMEM;
    if (user_state_fp(frame) == FP_DIRTY) {
        fp_save(from->fp);
        user_state_set_fp(frame, FP_CLEAN);
    }
    memcpy(to->fp, from->fp, FP_STATE_WORDS * sizeof(to->fp[0]));
    return 0;
}

static int copy_space(struct process *from, struct process *to)
{
    to->mm = mm_create(from->mm);
    if (!to->mm)
        return -ENOMEM;
    strlcpy(to->mm->name, from->name, sizeof(to->mm->name));
    process_only_thread(to)->space = &to->mm->page_table;
    return mm_fork(from->mm, to->mm);
}

int process_fork(const struct trap_frame *frame)
{
    struct process *parent = current_process();
    struct process *child;
    struct thread *thread;
    struct trap_frame *child_frame;
    int result = process_create(parent->name, &child);

    if (result < 0)
        return result;
    thread = process_only_thread(child);
    result = copy_space(parent, child);
    if (result == 0)
        result = copy_floating_point(current_thread(), thread);
    if (result < 0)
        goto discard;
    file_table_copy(&child->files, &parent->files);
    child->cwd = process_cwd(parent);
    child_frame = trap_frame_of(thread->stack);
    *child_frame = *frame;
    child_frame->a0 = 0;
    result = process_list(child, parent);
    if (result > 0)
        return result;
discard:
    process_discard(child);
    return result;
}
