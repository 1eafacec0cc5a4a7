/* System calls about mappings: from descriptors and user pointers to calls of vm/. */
#include "abi/errno.h"
#include "abi/mman.h"
#include "fs/inode.h"
#include "mem/kmem.h"
#include "sys/calls.h"
#include "vm/extra/advise.h"
#include "vm/extra/shared_memory.h"
#include "vm/extra/wired.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/mmap.h"
#include "vm/mapping/mprotect.h"

#define MAP_FLAGS_KNOWN                                                                    \
    (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE | \
     MAP_FIXED_NOREPLACE)
#define PRESENT_PIECE 1024u /* pages of mincore answered at a time */

/* May the open file be mapped in this way? Returns: 0 or -errno. */
static int file_check(struct file *file, const struct map_request *request)
{
    if (file->type != FILE_INODE || file->inode->type != T_FILE)
        return -ENODEV;
    if (!file->readable)
        return -EACCES;
    if ((request->flags & MAP_SHARED) && (request->prot & PROT_WRITE) && !file->writable)
        return -EACCES;
    return 0;
}

/* mmap(addr, length, prot, flags, fd, offset): the address. */
int64_t sys_mmap(struct trap_frame *frame)
{
    struct process *process = current_process();
    struct map_request request = {
        .address = frame->a0,
        .length = frame->a1,
        .prot = (int)frame->a2,
        .flags = (int)frame->a3,
        .offset = frame->a5,
    };
    struct file *file = NULL;
    uint64_t start;
    int error;

    if ((frame->a3 & ~(uint64_t)MAP_FLAGS_KNOWN) || !is_int(frame->a2))
        return -EINVAL;
    if (request.flags & MAP_ANONYMOUS) {
        request.offset = 0;
    } else {
        file = file_table_get(&process->files, frame->a4);
        if (!file)
            return -EBADF;
        request.refused = file_check(file, &request);
        if (request.refused == 0) /* otherwise it may have no inode */
            request.object = &file->inode->object;
        request.may_write = file->writable;
    }
    if (!file && (request.flags & MAP_SHARED))
        error = shared_memory_map(process->mm, &request, &start);
    else
        error = mm_map(process->mm, &request, &start);
    if (!error && (request.flags & MAP_POPULATE))
        mm_populate(process->mm, start, PAGE_ROUND_UP(request.length)); /* or it faults later */
    if (file)
        file_close(file);
    return error ? error : (int64_t)start;
}

/* Locks or unlocks the pages of [address, address + length). */
static int64_t lock_pages(uint64_t address, uint64_t length, bool locked)
{
    uint64_t start = PAGE_ROUND_DOWN(address);

    if (!user_range_ok(address, length)) /* first, since the sum below may wrap */
        return -ENOMEM;
    return mm_mlock(current_process()->mm, start, length + (address - start), locked);
}

SIMPLE_CALL(munmap, mm_unmap(current_process()->mm, frame->a0, frame->a1))
SIMPLE_CALL(mprotect, is_int(frame->a2) ? mm_protect(current_process()->mm, frame->a0, frame->a1,
                                                     (int)frame->a2) : -EINVAL)
SIMPLE_CALL(msync, is_int(frame->a2) ? mm_sync(current_process()->mm, frame->a0, frame->a1,
                                               (int)frame->a2) : -EINVAL)
SIMPLE_CALL(madvise, is_int(frame->a2) ? mm_advise(current_process()->mm, frame->a0, frame->a1,
                                                   (int)frame->a2) : -EINVAL)
SIMPLE_CALL(mlock, lock_pages(frame->a0, frame->a1, true))
SIMPLE_CALL(munlock, lock_pages(frame->a0, frame->a1, false))

/* mincore(addr, length, present): a byte for each page, in pieces through a buffer. */
int64_t sys_mincore(struct trap_frame *frame)
{
    struct mm_struct *mm = current_process()->mm;
    uint64_t pages = PAGE_ROUND_UP(frame->a1) >> PAGE_SHIFT;
    unsigned char *present;
    int error = 0;

    if (frame->a0 & PAGE_MASK)
        return -EINVAL;
    if (PAGE_ROUND_UP(frame->a1) < frame->a1 || !user_range_ok(frame->a0, frame->a1))
        return -ENOMEM;
    present = kmem_alloc(PRESENT_PIECE, 0);
    if (!present)
        return -ENOMEM;
    for (uint64_t done = 0; done < pages && error == 0; done += PRESENT_PIECE) {
        uint64_t count = pages - done < PRESENT_PIECE ? pages - done : PRESENT_PIECE;

        if (thread_is_interrupted())
            error = -EINTR;
        else
            error = mm_present(mm, frame->a0 + (done << PAGE_SHIFT), count, present);
        if (!error)
            error = user_copy_out(mm, frame->a2 + done, present, count);
    }
    kmem_free(present);
    return error;
}
