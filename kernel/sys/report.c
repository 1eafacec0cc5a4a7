/* The line that a process leaves which a page fault kills. */
#include "sys/report.h"

#include "sync/printf.h"
#include "vm/faults/fault.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mm.h"
#include "vm/mapping/vma.h"

/* Locks: the mm lock for reading. "area 0x1000-0x3000 r-x of a file" */
static void report_area(const struct vm_area_struct *vma)
{
    const char *what = vma->flags & VMA_STACK  ? "the stack"
                       : vma->flags & VMA_HEAP ? "the heap"
                       : vma->flags & VMA_IMAGE ? "the program"
                       : vma->object && !vma->object->is_anonymous ? "a file"
                                               : "memory";

    printf("area 0x%lx-0x%lx %c%c%c of %s", (unsigned long)vma->start, (unsigned long)vma->end,
           vma->access & ACCESS_READ ? 'r' : '-', vma->access & ACCESS_WRITE ? 'w' : '-',
           vma->access & ACCESS_EXEC ? 'x' : '-', what);
}

void fault_report(struct mm_struct *mm, uint64_t address, unsigned flags, uint64_t pc,
                  enum fault_result why)
{
    const char *access = flags & FAULT_FLAG_WRITE  ? "store"
                         : flags & FAULT_FLAG_EXEC ? "instruction"
                                                   : "load";
    static const char *const reasons[] = {
        [FAULT_NO_VMA] = "no area there",
        [FAULT_PERMISSION] = " does not allow it",
        [FAULT_GUARD] = "the guard below the stack",
        [FAULT_PAST_END] = "past the end of the file that is mapped there",
        [FAULT_NO_MEMORY] = "no memory is left",
        [FAULT_IO_ERROR] = "the page could not be read from the disk",
        [FAULT_NO_SPACE] = "no block of the disk is free for the file that is mapped there",
    };
    struct vm_area_struct *vma;

    rwlock_read_acquire(&mm->lock);
    vma = find_vma(mm, address);
    printf("pid %d (%s): killed: %s page fault at 0x%016lx: ", mm->pid, mm->name,
           access, (unsigned long)address);
    if (address < PAGE_SIZE)
        printf("NULL, or a small offset from it: ");
    if (why == FAULT_PERMISSION)
        report_area(vma);
    printf("%s", reasons[why]);
    if (why == FAULT_GUARD)
        printf(" (limit %lu KiB)", (unsigned long)STACK_BYTES / 1024);
    if (why == FAULT_NO_MEMORY)
        printf(" (%lu of %lu pages are promised)", (unsigned long)commit_total(),
               (unsigned long)commit_limit());
    if (why == FAULT_NO_VMA && vma && (vma->flags & VMA_STACK) && address >= mm->stack_limit)
        printf(" (the stack grows only at or above sp)");
    printf(" (pc 0x%lx)\n", (unsigned long)pc);
    rwlock_read_release(&mm->lock);
}
