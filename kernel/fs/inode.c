/*
 * Operations on one inode: lock, read, write, resize.
 *
 * user_copy_try moves bytes between the page cache and user memory under the inode lock; it never
 * faults. Where it stops short, all locks are released, the user's page is brought in, and the loop
 * continues with the file as it is then. A page that others take away at once (every page that a
 * write brings in may be such) is copied through a frame of the kernel's while it is brought in.
 * Blocks are only reserved here: write-back allocates them.
 */
#include "fs/inode.h"

#include "abi/errno.h"
#include "fs/block_alloc.h"
#include "fs/bmap.h"
#include "fs/buffer.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "fs/writeback.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "sync/race.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/dirty.h"
#include "vm/cache/object_read.h"
#include "vm/faults/usercopy.h"

#define BURST (64 * PAGE_SIZE) /* bytes; then the inode is unlocked for others */

/* Locks: inode's. */
static inline void load_locked(struct inode *inode)
{
    if (__builtin_expect(!inode->loaded, 0)) {
#ifdef SAN
        inode->parent = 0;
#endif
        if (inode_load(inode) != 0)
            inode->type = 0;
        inode->loaded = inode->type != 0; /* a free inode may become a file at any time */
    }
}

void inode_lock(struct inode *inode)
{
    sleeplock_acquire(&inode->lock);
    load_locked(inode);
}

#ifdef SAN
/*
 * Locks: both inodes'. Directories never move in the tree: each one is only locked below the same
 * parent, and the root below none.
 */
static void assert_below(struct inode *directory, struct inode *inode)
{
    assert(directory->type == T_DIR && inode->number != DISK_ROOT_INODE);
    if (inode->type != T_DIR)
        return;
    assert(directory->parent != inode->number);
    assert(inode->parent == 0 || inode->parent == directory->number);
    inode->parent = directory->number;
}

void inode_lock_below(struct inode *directory, struct inode *inode)
{
    sleeplock_acquire_after(&inode->lock, &directory->lock);
    load_locked(inode);
    assert_below(directory, inode);
}
#endif

void inode_unlock(struct inode *inode)
{
    sleeplock_release(&inode->lock);
}

uint16_t inode_type(struct inode *inode)
{
    uint16_t type;

    inode_lock(inode);
    type = inode->type;
    inode_unlock(inode);
    return type;
}

void inode_stat(struct inode *inode, struct stat *stat)
{
    inode_lock(inode);
    stat->dev = 1;
    stat->ino = inode->number;
    stat->type = (short)inode->type;
    stat->nlink = (short)inode->nlink;
    stat->size = inode->object.size;
    inode_unlock(inode);
}

/*
 * Copies data to or from `other`, in user memory or, without mm, in the kernel's. Returns: the
 * bytes copied.
 */
static inline size_t copy_data(struct mm_struct *mm, uint64_t other, void *data, size_t bytes,
                               enum user_copy way)
{
    if (mm)
        return user_copy_try(mm, other, data, bytes, way);
    memcpy(way == KERNEL_TO_USER ? (void *)other : data,
           way == KERNEL_TO_USER ? data : (void *)other, bytes);
    return bytes;
}

/* read_piece for a directory: its contents are metadata, and so in the buffer cache. */
static int __attribute__((noinline)) read_directory_piece(struct inode *inode,
                                                          struct mm_struct *mm, uint64_t user,
                                                          uint64_t offset, size_t bytes)
{
    struct buffer *buffer;
    uint32_t block;
    int error = inode->type == T_DIR ? bmap_lookup(inode, offset >> PAGE_SHIFT, &block) : -EIO;

    if (!error && inode->nlink == 0) /* removed: the entries left in it name nothing */
        return 0;
    if (!error)
        error = block ? buffer_read(block, &buffer) : -EIO;
    if (error)
        return error;
    bytes = copy_data(mm, user, (uint8_t *)buffer->data + (offset & PAGE_MASK), bytes,
                      KERNEL_TO_USER);
    buffer_release(buffer);
    return bytes > 0 ? (int)bytes : -EFAULT;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Reads up to the end of the page, of the file or of bytes, whichever comes first.
 * Locks: inode's. Returns: the bytes read, 0 at the end of the file, -EFAULT if the target page is
 * not mapped, -ENOMEM or -EIO.
 */
static int64_t read_piece(struct inode *inode, struct mm_struct *mm, uint64_t user,
                          uint64_t offset, uint64_t bytes)
{
    struct page *page;
    int error;

    if (offset >= inode->object.size)
        return inode->type == 0 ? -EIO : 0;
    bytes = smaller(bytes, inode->object.size - offset);
    bytes = smaller(bytes, PAGE_SIZE - (offset & PAGE_MASK));
    if (inode->type != T_FILE)
        return read_directory_piece(inode, mm, user, offset, bytes);
    error = object_read_page(&inode->object, offset >> PAGE_SHIFT, READ_NORMAL, &page);
    if (error)
        return error;
    bytes = copy_data(mm, user, (uint8_t *)page_va(page) + (offset & PAGE_MASK), bytes,
                      KERNEL_TO_USER);
    page_put(page);
    return bytes > 0 ? (int64_t)bytes : -EFAULT;
}

/* A read or a write in progress. */
struct passage {
    struct inode *inode;
    struct mm_struct *mm; /* NULL: the kernel reads */
    uint64_t user, offset, bytes; /* what is still to be moved; INODE_END: to the end of the file */
    /* Since it last made progress: */
    unsigned faults;      /* pages of the user's were brought in */
    bool settled;         /* the disk was full, and all was written back */
};

static void passage_advance(struct passage *passage, uint64_t moved)
{
    passage->user += moved;
    passage->offset += passage->offset == INODE_END ? 0 : moved;
    passage->bytes -= moved;
    passage->faults = 0;
    passage->settled = false;
}

/*
 * Reads up to a page through a frame of the kernel's: into the frame with the inode locked, from
 * the frame to the user with it unlocked, where the copy may fault the user's page in.
 * Locks: none. Returns: as read_piece; or 0: try again.
 */
static int64_t __attribute__((cold)) read_aside(struct passage *read)
{
    struct page *page = frame_alloc(FRAME_BUFFER, 0);
    int64_t moved;

    if (!page)
        return frame_wait();
    inode_lock(read->inode);
    moved = read_piece(read->inode, NULL, (uint64_t)page_va(page), read->offset,
                       smaller(read->bytes, PAGE_SIZE));
    inode_unlock(read->inode);
    if (moved == -ENOMEM)
        moved = frame_wait();
    else if (moved > 0)
        moved = user_copy_some(read->mm, read->user, page_va(page), (size_t)moved,
                               KERNEL_TO_USER);
    page_put(page);
    return moved;
}

/*
 * Removes the obstacle with which a read has stopped, with the inode unlocked meanwhile. If the
 * user's page was brought in and is gone again (another thread unmaps it, a quota evicts it), the
 * bytes take the way through a frame instead.
 * Locks: inode's, also on return. Returns: 0: continue with the file as it is now; else as
 * read_piece.
 */
static int64_t __attribute__((cold)) read_obstacle(struct passage *read, int error)
{
    int64_t result;

    if (error != -EFAULT && error != -ENOMEM)
        return error;
    inode_unlock(read->inode);
    if (error == -ENOMEM) /* for a page of the file; user_fault_in waits for the user's itself */
        result = frame_wait();
    else if (read->faults++)
        result = read_aside(read);
    else
        result = user_fault_in(read->mm, read->user, true);
    inode_lock(read->inode);
    return result;
}

int64_t inode_read(struct inode *inode, struct mm_struct *mm, uint64_t user, uint64_t offset,
                   uint64_t bytes)
{
    struct passage read = {inode, mm, user, offset, bytes, 0, false};
    uint64_t burst = 0;
    int64_t moved = 1;

    inode_lock(inode);
    while (read.bytes > 0 && moved >= 0) {
        if (mm && thread_is_interrupted()) {
            moved = -EINTR;
            break;
        }
        moved = read_piece(inode, mm, read.user, read.offset, read.bytes);
        if (moved == 0)
            break;
        if (moved < 0)
            moved = read_obstacle(&read, (int)moved);
        if (moved <= 0)
            continue;
        passage_advance(&read, (uint64_t)moved);
        burst += (uint64_t)moved;
        if (burst >= BURST) { /* give others a turn */
            inode_unlock(inode);
            burst = 0;
            inode_lock(inode);
        }
    }
    inode_unlock(inode);
    bytes -= read.bytes;
    return bytes ? (int64_t)bytes : moved;
}

/*
 * Reserves the blocks that the page needs when it is written back. -EIO: the log is dead, so it
 * will never be written, and pages that cannot be written would fill memory.
 * Locks: inode's and the page's.
 */
static int reserve_blocks(struct inode *inode, struct page *page, uint32_t *promised)
{
    int error;

    *promised = 0;
    if (log_is_dead())
        return -EIO;
    if (page_test(page, PAGE_DIRTY))
        return 0;
    error = bmap_missing(inode, page->index, promised);
    if (!error && *promised)
        error = block_reserve(*promised);
    if (error)
        *promised = 0;
    return error;
}

int inode_make_writable(struct inode *inode, uint64_t index)
{
    struct page *page;
    uint32_t promised;
    int error = 0;

    inode_lock(inode);
    if (index << PAGE_SHIFT >= inode->object.size)
        goto unlock; /* the file was truncated: the fault looks again and sees it */
    error = object_lock_page(&inode->object, index, false, READ_NORMAL, &page);
    if (error)
        goto unlock;
    error = reserve_blocks(inode, page, &promised);
    if (!error) {
        page->reserved = (uint16_t)(page->reserved + promised);
        object_dirty_page(&inode->object, page);
    }
    page_unlock_put(page);
unlock:
    inode_unlock(inode);
    log_note_work();
    return error;
}

/*
 * Writes a piece that lies in one page. -EFAULT: the source ended after *copied bytes. A page that
 * is not up to date counts as written only if the piece fills it. Locks: inode's.
 */
static int write_piece(struct inode *inode, struct mm_struct *mm, uint64_t from, uint64_t offset,
                       size_t bytes, size_t *copied)
{
    struct page *page;
    uint32_t promised;
    size_t done = 0;
    int error = object_lock_page(&inode->object, offset >> PAGE_SHIFT, bytes == PAGE_SIZE,
                                 READ_NORMAL, &page);

    if (error)
        return error;
    error = reserve_blocks(inode, page, &promised);
    if (!error)
        done = copy_data(mm, from, (uint8_t *)page_va(page) + (offset & PAGE_MASK), bytes,
                         USER_TO_KERNEL);
    if (!error && done < bytes)
        error = -EFAULT;
    if (done == bytes || (done > 0 && page_test(page, PAGE_UPTODATE))) {
        page->reserved = (uint16_t)(page->reserved + promised);
        promised = 0;
        if (offset + done > inode->object.size)
            inode->object.size = offset + done;
        object_dirty_page(&inode->object, page);
        *copied = done;
    }
    if (promised)
        block_reserve_end(promised);
    page_unlock_put(page);
    return error;
}

/*
 * Called before the file grows: clears the rest of its last page, since what the disk has beyond
 * the old end must not become visible. -EBUSY: blocks beyond the end are still to be freed.
 * Locks: inode's.
 */
static int prepare_growth(struct inode *inode, uint64_t to)
{
    uint64_t size = inode->object.size;
    struct page *page;
    uint32_t missing;
    int error;

    if (to <= size)
        return 0;
    if (inode->disk_size > size)
        return -EBUSY;
    if (!(size & PAGE_MASK))
        return 0;
    error = object_lock_page(&inode->object, size >> PAGE_SHIFT, false, READ_NORMAL, &page);
    if (error)
        return error;
    error = bmap_missing(inode, page->index, &missing);
    if (!error && (!missing || page_test(page, PAGE_DIRTY))) {
        memset((uint8_t *)page_va(page) + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
        object_dirty_page(&inode->object, page);
    }
    page_unlock_put(page);
    return error;
}

/* Writes pieces until all are written or one fails. Locks: inode's. */
static int write_pieces(struct inode *inode, struct mm_struct *mm, uint64_t from, uint64_t offset,
                        uint64_t bytes, uint64_t *done)
{
    int error;

    if (inode->type != T_FILE)
        return inode->type == T_DIR ? -EISDIR : -EIO;
    if (inode_is_executed(inode))
        return -ETXTBSY;
    error = prepare_growth(inode, offset);
    if (!error && offset + bytes > inode->object.size && inode->disk_size > inode->object.size)
        error = -EBUSY;
    while (*done < bytes && !error) {
        uint64_t at = offset + *done;
        size_t copied = 0;

        error = write_piece(inode, mm, from + *done, at,
                            smaller(PAGE_SIZE - (at & PAGE_MASK), bytes - *done), &copied);
        *done += copied;
    }
    return error;
}

/* Writes one burst, from user memory or, without mm, from the kernel's. Locks: none. */
static int write_burst(struct passage *write, struct mm_struct *mm, uint64_t from, uint64_t bytes)
{
    struct inode *inode = write->inode;
    uint64_t offset, done = 0;
    int error = -EFBIG;

    inode_lock(inode);
    offset = write->offset == INODE_END ? inode->object.size : write->offset;
    if (offset < DISK_MAX_FILE)
        error = write_pieces(inode, mm, from, offset, smaller(bytes, DISK_MAX_FILE - offset),
                             &done);
    inode_unlock(inode);
    if (done > 0)
        passage_advance(write, done);
    return error;
}

/*
 * Removes the obstacle with which a write has stopped. Locks: none. Returns: 0: try again; or
 * -errno.
 */
static int write_obstacle(struct passage *write, int error)
{
    switch (error) {
    case -ENOMEM:
        return frame_wait();
    case -EBUSY:
        return inode_trim(write->inode);
    case -ENOSPC:
        if (write->settled)
            return error;
        write->settled = true;
        fs_sync();
        return 0;
    default:
        return error;
    }
}

/*
 * Writes up to a page through a frame of the kernel's. The copy to the frame may fault the user's
 * pages in, and takes what comes at once: so each is brought in once, even if a quota or another
 * thread unmaps it again, and though a piece may span two. Locks: none.
 */
static int __attribute__((cold)) write_aside(struct passage *write)
{
    struct page *page = frame_alloc(FRAME_BUFFER, 0);
    uint64_t bytes = smaller(write->bytes, PAGE_SIZE);
    int error;

    if (!page)
        return frame_wait();
    error = user_copy_in(write->mm, page_va(page), write->user, bytes);
    if (!error)
        error = write_obstacle(write, write_burst(write, NULL, (uint64_t)page_va(page), bytes));
    page_put(page);
    return error;
}

int64_t inode_write(struct inode *inode, struct mm_struct *mm, uint64_t user, uint64_t offset,
                    uint64_t bytes)
{
    struct passage write = {inode, mm, user, offset, bytes, 0, false};
    int error = 0;

    while (write.bytes > 0 && !error) {
        object_throttle(&inode->object);
        error = -EINTR;
        if (thread_is_interrupted())
            break;
        error = write_burst(&write, mm, write.user, smaller(write.bytes, BURST));
        error = error == -EFAULT ? write_aside(&write) : write_obstacle(&write, error);
    }
    bytes -= write.bytes;
    if (bytes) {
        log_note_work();
        thread_note_act();
    }
    return bytes ? (int64_t)bytes : error;
}

int inode_trim(struct inode *inode)
{
    bool more;
    int error;

    do {
        error = log_begin(BMAP_TRIM_BLOCKS);
        if (error)
            return error;
        inode_lock(inode);
        if (inode->disk_size > inode->object.size)
            error = bmap_trim(inode);
        more = inode->disk_size > inode->object.size;
        if (more && inode->nlink > 0 && thread_is_interrupted())
            error = -EINTR;
        inode_unlock(inode);
        log_end(BMAP_TRIM_BLOCKS);
    } while (more && !error);
    if (error == -EINTR)
        inode_trim_later(inode);
    return error;
}

/* In an operation of one block. *trim: blocks beyond the end remain. Locks: inode's. Sleeps. */
static int resize_locked(struct inode *inode, uint64_t size, bool *trim)
{
    int error = 0;

    if (inode->type != T_FILE)
        return inode->type == T_DIR ? -EISDIR : -EINVAL;
    if (inode_is_executed(inode))
        return -ETXTBSY;
    if (size > inode->object.size) {
        error = prepare_growth(inode, size);
        if (!error)
            inode->object.size = size;
    } else if (size < inode->object.size) {
        __atomic_store_n(&inode->object.size, size, __ATOMIC_RELEASE);
        race_window();
        object_truncate(&inode->object, size);
    }
    if (!error) /* there may be no dirty page left with which it would be published */
        error = inode_publish_size(inode);
    *trim = inode->disk_size > inode->object.size;
    return error;
}

int inode_resize(struct inode *inode, uint64_t size)
{
    int error, later;
    bool trim;

    if (size > DISK_MAX_FILE)
        return -EFBIG;
    do {
        trim = false;
        error = log_begin(1);
        if (error)
            return error;
        inode_lock(inode);
        error = resize_locked(inode, size, &trim);
        inode_unlock(inode);
        log_end(1);
        later = trim ? inode_trim(inode) : 0;
        if (later)
            return later;
    } while (error == -EBUSY);
    return error;
}
