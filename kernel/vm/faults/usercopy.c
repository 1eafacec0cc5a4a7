/*
 * User copies, page by page through the direct map.
 *
 * user_copy_try holds the page-table lock over the copy of one page: an unmapping takes the same
 * lock before it lets the frame go, so the frame stays. It sets A and D as the hardware would for
 * the user.
 */
#include "vm/faults/usercopy.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mmu/page_table.h"
#include "riscv/trap.h"
#include "thread/thread.h"
#include "vm/faults/fault.h"
#include "vm/mapping/mm.h"

bool user_range_ok(uint64_t user, size_t bytes)
{
    return user + bytes >= user && user + bytes <= mm_user_end();
}

/* user: in the direct map. Whole pages are what large reads and writes consist of. */
static inline void copy_bytes(uint8_t *user, void *kernel, size_t bytes, enum user_copy way)
{
    void *to = way == KERNEL_TO_USER ? user : kernel;
    const void *from = way == KERNEL_TO_USER ? kernel : user;

    if (bytes == PAGE_SIZE && ((uint64_t)kernel & PAGE_MASK) == 0)
        page_copy(to, from);
    else
        memmove(to, from, bytes); /* read() into a mapping of the same page of the file */
}

/*
 * Copies within one page; returns 0 where the page is absent or does not allow it. Not in line, so
 * that a copy that lies in one page saves no registers for the loop of those that do not.
 */
static size_t __attribute__((noinline)) copy_in_page(struct mm_struct *mm, uint64_t user,
                                                     void *kernel, size_t bytes,
                                                     enum user_copy way)
{
    const enum access access = (enum access)way;
    struct page_table *table = &mm->page_table;
    pte_t *ptep;
    pte_t entry;

    spin_lock(&table->lock);
    ptep = pte_find(table, user);
    entry = ptep ? pte_load(ptep) : 0;
    if (!pte_allows(entry, access)) {
        spin_unlock(&table->lock);
        return 0;
    }
    if (!pte_marked(entry, access))
        pte_mark(ptep, access);
    copy_bytes((uint8_t *)page_va(pfn_page(pte_pfn(entry))) + (user & PAGE_MASK), kernel, bytes,
               way);
    spin_unlock(&table->lock);
    return bytes;
}

static size_t __attribute__((noinline)) copy_pages(struct mm_struct *mm, uint64_t user,
                                                   void *kernel, size_t bytes, enum user_copy way)
{
    size_t done = 0;

    while (done < bytes) {
        size_t piece = PAGE_SIZE - ((user + done) & PAGE_MASK);

        if (piece > bytes - done)
            piece = bytes - done;
        if (!copy_in_page(mm, user + done, (uint8_t *)kernel + done, piece, way))
            break;
        done += piece;
    }
    return done;
}

size_t user_copy_try(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                     enum user_copy way)
{
    uint64_t end = mm_user_end();

    if (user >= end)
        return 0;
    if (bytes > end - user) /* up to there it may be good */
        bytes = end - user;
    if ((user & PAGE_MASK) + bytes <= PAGE_SIZE)
        return copy_in_page(mm, user, kernel, bytes, way);
    return copy_pages(mm, user, kernel, bytes, way);
}

/* As user_fault_in; copy: what is to be copied once the page is there, or NULL. */
static int fault_in(struct mm_struct *mm, uint64_t user, bool write, struct fault_copy *copy)
{
    static const int errors[FAULT_BROUGHT] = {
        [FAULT_NO_MEMORY] = -ENOMEM, [FAULT_IO_ERROR] = -EIO, [FAULT_INTERRUPTED] = -EINTR};
    unsigned flags = write ? FAULT_FLAG_WRITE : FAULT_FLAG_READ;
    enum fault_result result;
    struct thread *thread = current_thread();
    uint64_t sp = 0;

    if (!user_range_ok(user, 1))
        return -EFAULT;
    if (thread_is_interrupted()) /* so ends each loop that tries, faults in and tries again */
        return -EINTR;
    /* A system call's buffer on a part of the stack that was not touched yet, at or above sp. */
    if (thread->space == &mm->page_table) {
        flags |= FAULT_FLAG_USER_SP;
        sp = trap_frame_of(thread->stack)->sp;
    }
    result = handle_page_fault(mm, user, flags, sp, copy);
    return result == FAULT_OK || errors[result] ? errors[result] : -EFAULT;
}

int user_fault_in(struct mm_struct *mm, uint64_t user, bool write)
{
    return fault_in(mm, user, write, NULL);
}

int64_t user_copy_some(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                       enum user_copy way)
{
    size_t in_page = PAGE_SIZE - (user & PAGE_MASK);
    struct fault_copy copy = {kernel, bytes < in_page ? bytes : in_page, way, 0};
    int error = 0;

    copy.done = user_copy_try(mm, user, kernel, bytes, way);
    while (copy.done == 0 && !error)
        error = fault_in(mm, user, way == KERNEL_TO_USER, &copy);
    return error ? error : (int64_t)copy.done;
}

static int user_copy(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                     enum user_copy way)
{
    size_t done = 0;

    if (!user_range_ok(user, bytes))
        return -EFAULT;
    while (done < bytes) {
        int64_t copied = user_copy_some(mm, user + done, (uint8_t *)kernel + done, bytes - done,
                                        way);

        if (copied < 0)
            return (int)copied;
        done += (size_t)copied;
    }
    return 0;
}

int user_copy_in(struct mm_struct *mm, void *kernel, uint64_t user, size_t bytes)
{
    return user_copy(mm, user, kernel, bytes, USER_TO_KERNEL);
}

int user_copy_out(struct mm_struct *mm, uint64_t user, const void *kernel, size_t bytes)
{
    return user_copy(mm, user, (void *)(uint64_t)kernel, bytes, KERNEL_TO_USER);
}

int user_copy_string(struct mm_struct *mm, char *kernel, uint64_t user, size_t size)
{
    size_t done = 0;

    while (done < size) {
        int64_t copied = user_copy_some(mm, user + done, kernel + done, size - done,
                                        USER_TO_KERNEL);
        size_t length;

        if (copied < 0)
            return (int)copied;
        length = strnlen(kernel + done, (size_t)copied);
        done += length;
        if (length < (size_t)copied)
            return (int)done;
    }
    return -ENAMETOOLONG;
}
