/*
 * Reads pages of files from the disk, and writes them back.
 *
 * Write-back writes a batch of pages in one operation of the log: it allocates blocks for the pages
 * that have none, writes the data, waits for it, and only then publishes the pointers and the size.
 * A commit flushes the disk first, so after a crash no pointer leads to a block without its data.
 *
 * A batch consists of dirty pages of one file, in ascending order. If they do not fill it, other
 * small files join: new blocks lie side by side, so one request writes many files. Each file of the
 * batch stays locked until its pages are published, so none of them can be truncated and lose its
 * blocks meanwhile. Only the first file's lock is waited for, before anything of the batch is being
 * written; other files join only if their locks are free.
 *
 * A page keeps PAGE_WRITEBACK until it is published. Otherwise it could be dropped and read again
 * from the hole that the block map still has. It is not kept locked: a commit waits for no page
 * lock.
 */
#include "fs/writeback.h"

#include "abi/errno.h"
#include "dev/transfer.h"
#include "fs/block_alloc.h"
#include "fs/bmap.h"
#include "fs/fs_disk.h"
#include "fs/inode_cache.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "lib/string.h"
#include "mem/vm_stat.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/dirty.h"
#include "vm/replacement/rmap.h"

#define BATCH_PAGES 32u
#define BATCH_FILES 16u
#define BATCH_GROUPS 8u  /* indirect blocks that a batch may fill; all belong to its first file */
#define BATCH_NEW (BATCH_PAGES + BATCH_GROUPS + 2) /* blocks that it may allocate */
#define BATCH_INODES 3u  /* blocks of inodes: the first file's, and the ones before and after it */
#define BATCH_CHANGES (BATCH_INODES + BATCH_GROUPS + 1) /* without the bitmap */
_Static_assert(BATCH_CHANGES + BATCH_NEW <= LOG_OPERATION_MAX, "each new block may be elsewhere");

/*
 * The batch being written; one for the whole system, so that freeing memory never needs memory.
 */
static struct {
    struct sleeplock lock; /* RANK_WRITEBACK; guards the rest */
    uint32_t files;
    struct inode *file[BATCH_FILES];       /* locked; all but the first with a reference */
    uint32_t end_of[BATCH_FILES];          /* one past the last of its pages */
    uint32_t count;
    uint32_t fresh;        /* a bit for each page that gets a new block */
    uint32_t lost;         /* a bit for each page that could not be written */
    uint32_t groups;
    uint64_t last_group;
    uint32_t promised;     /* the rest of the blocks that were reserved for the pages */
    uint32_t losses;       /* pages lost since boot */
    struct page *page[BATCH_PAGES];
    uint32_t block[BATCH_PAGES];
    struct transfer transfer;
} batch = {.lock = SLEEPLOCK(batch.lock, "write-back", RANK_WRITEBACK),
           .transfer = TRANSFER(batch.transfer)};

static struct sleeplock sync_lock = SLEEPLOCK(sync_lock, "sync", RANK_SYNC);

/* Inodes with an interrupted trim, each with a reference. Guarded by trim_lock. */
static struct spinlock trim_lock = SPINLOCK("trims", RANK_FS);
static struct list_head trims = LIST_HEAD_INIT(trims);

static void object_get(struct vm_object *object)
{
    inode_ref(inode_of(object));
}

static void object_put(struct vm_object *object)
{
    inode_put(inode_of(object));
}

/* Zeroes the part of the file's last page that lies beyond its end. */
static void clear_tail(struct page *page, uint64_t size)
{
    uint64_t start = page->index << PAGE_SHIFT;
    uint64_t keep = size > start ? size - start : 0;

    if (keep < PAGE_SIZE)
        memset((uint8_t *)page_va(page) + keep, 0, PAGE_SIZE - keep);
}

/*
 * Reads the first page, and as many of the others as follow it in the file and on the disk. The
 * size is read after the pages are in the cache: ftruncate sets the size first, then looks for
 * pages.
 * Locks: the pages', perhaps the inode's too.
 */
static int read_pages(struct vm_object *object, struct page *const page[], uint32_t count)
{
    uint64_t size = __atomic_load_n(&object->size, __ATOMIC_ACQUIRE);
    uint32_t block = 0, next, filled = 1;
    int error = 0;

    if (page[0]->index << PAGE_SHIFT < size)
        error = bmap_lookup(inode_of(object), page[0]->index, &block);
    if (error)
        return error;
    if (!block) {
        page_clear(page_va(page[0]));
        return 1;
    }
    while (filled < count && page[filled]->index << PAGE_SHIFT < size &&
           bmap_lookup(inode_of(object), page[filled]->index, &next) == 0 &&
           next == block + filled)
        filled++;
    error = disk_read_pages(block, page, filled);
    if (error)
        return error;
    update_vm_stats(VM_STAT_FILE_READ, filled);
    clear_tail(page[filled - 1], size);
    return (int)filled;
}

/* May the page join the batch? Finds its block. Locks: the page's, inode's. Returns: 1, 0, -EIO. */
static int batch_fits(struct inode *inode, struct page *page, uint32_t *block)
{
    int error = bmap_lookup(inode, page->index, block);

    if (error || *block || page->index < DISK_DIRECT)
        return error ? error : 1;
    if (inode != batch.file[0])
        return 0;
    if (batch.groups == 0 || BMAP_GROUP(page->index) != batch.last_group) {
        if (batch.groups == BATCH_GROUPS)
            return 0;
        batch.groups++;
        batch.last_group = BMAP_GROUP(page->index);
    }
    return 1;
}

/* Adds the page; its reference belongs to the batch from then on. Locks: the page's, inode's. */
static void batch_add(struct inode *inode, struct page *page, uint32_t block)
{
    uint32_t near = batch.count ? batch.block[batch.count - 1] + 1 : 0;
    uint32_t promised = page->reserved;

    page->reserved = 0;
    page_set(page, PAGE_WRITEBACK);
    clear_tail(page, inode->object.size);
    if (!block) {
        if (!near && page->index > 0 && bmap_lookup(inode, page->index - 1, &near) == 0 && near)
            near++;
        block = block_take(near, &promised);
        batch.fresh |= 1u << batch.count;
    }
    batch.promised += promised;
    batch.page[batch.count] = page;
    batch.block[batch.count++] = block;
    transfer_add(&batch.transfer, block, page_va(page));
}

/*
 * Adds inode to the batch and begins to write its dirty pages from *from on.
 * Locks: inode's. Returns: 1: all of them; 0: the batch has no more room; -EIO.
 */
static int batch_gather(struct inode *inode, uint64_t *from)
{
    int fits = 1;

    batch.file[batch.files++] = inode;
    while (fits > 0) {
        struct page *page = object_next_dirty(&inode->object, *from);
        uint32_t block;
        bool taken = false;

        if (!page)
            break;
        page_lock(page);
        if (page->owner != &inode->object || !page_test(page, PAGE_DIRTY)) {
            page_unlock_put(page); /* it left the object before we had its lock: look again */
            continue;
        }
        fits = batch.count < BATCH_PAGES ? batch_fits(inode, page, &block) : 0;
        if (fits > 0) {
            *from = page->index + 1;
            object_clean_page(&inode->object, page);
            batch_add(inode, page, block);
            taken = true;
        }
        page_unlock(page);
        if (!taken)
            page_put(page);
    }
    batch.end_of[batch.files - 1] = batch.count;
    return fits;
}

static uint32_t table_block(const struct inode *inode)
{
    return inode->number / DISK_INODES_PER_BLOCK;
}

/*
 * Adds other files to the batch of the first: each time the file that is dirty longest. It joins if
 * its inode is in the same block of the inode table as the first one's, or in a block beside that:
 * such files were probably created together. Ends when the batch is full (a file may have joined
 * with some of its pages), or when the file is locked or its inode lies elsewhere.
 * Returns: the file that did not join, with a reference, or NULL.
 */
static struct inode *batch_fill(void)
{
    uint32_t first = table_block(batch.file[0]);
    int fits = 1;

    while (fits > 0 && batch.files < BATCH_FILES && batch.count < BATCH_PAGES) {
        uint64_t since = 0, from = 0;
        struct vm_object *object = object_dirty_after(&since);
        struct inode *inode = object ? inode_of(object) : NULL;

        if (!inode || table_block(inode) + 1 < first || table_block(inode) > first + 1 ||
            !sleeplock_try(&inode->lock))
            return inode;
        fits = batch_gather(inode, &from);
    }
    return NULL;
}

/* A write failed: writes page by page, so that no more is lost than must be. */
static void batch_write_again(void)
{
    for (uint32_t i = 0; i < batch.count; i++) {
        if (disk_write(batch.block[i], page_va(batch.page[i])) == 0)
            continue;
        batch.lost |= 1u << i;
        __atomic_fetch_add(&batch.losses, 1, __ATOMIC_RELAXED);
        if (batch.fresh & 1u << i)
            block_untake(batch.block[i]);
    }
}

/*
 * Publishes a file of the batch; its pages are [begin, end). Their data is on the disk, so the new
 * blocks and a greater size become part of the file. Locks: inode's.
 */
static int batch_publish(struct inode *inode, uint32_t begin, uint32_t end)
{
    uint64_t size = 0;
    bool changed = false, lost = false;
    int error = 0;

    for (uint32_t i = begin; i < end && !error; i++) {
        size = (batch.page[i]->index + 1) << PAGE_SHIFT;
        lost |= batch.lost >> i & 1;
        if (batch.fresh & ~batch.lost & 1u << i) {
            error = bmap_publish(inode, batch.page[i]->index, batch.block[i], &batch.promised);
            changed = true;
        }
    }
    if (lost)
        printf("fs: disk error: data of inode %u is lost\n", inode->number);
    if (inode->loaded && (size > inode->object.size || !inode->object.dirty_count))
        size = inode->object.size;
    if (inode->disk_size < size) {
        inode->disk_size = size;
        changed = true;
    }
    if (!error && changed)
        error = inode_flush(inode);
    return error ? error : lost ? -EIO : 0;
}

/* Ends the write-back of a page and drops its reference. Locks: the files of the batch. */
static void batch_release(struct page *page)
{
#ifdef SAN
    if (page_trylock(page)) {
        rmap_check_clean(page);
        page_unlock(page);
    }
#endif
    page_end_writeback(page);
    page_put(page);
}

/* Waits for the batch, publishes and releases its files. Returns: the first file's error, or 0. */
static int batch_finish(void)
{
    uint32_t begin = 0;
    int first_error = 0;

    if (transfer_end(&batch.transfer))
        batch_write_again();
    update_vm_stats(VM_STAT_FILE_WRITE, batch.count);
    for (uint32_t i = 0; i < batch.files; i++) {
        int error = batch_publish(batch.file[i], begin, batch.end_of[i]);

        if (i == 0)
            first_error = error;
        begin = batch.end_of[i];
    }
    block_reserve_end(batch.promised);
    for (uint32_t i = 0; i < batch.count; i++)
        batch_release(batch.page[i]);
    for (uint32_t i = 0; i < batch.files; i++)
        inode_unlock(batch.file[i]);
    return first_error;
}

int inode_publish_size(struct inode *inode)
{
    if (inode->object.dirty_count || inode->disk_size >= inode->object.size)
        return 0;
    inode->disk_size = inode->object.size;
    return inode_flush(inode);
}

/*
 * Writes one batch of inode's pages, from *from on; with others, other files may fill it up.
 * Locks: the batch's. Sleeps. Returns: 1: all of inode is written; 0: there is more; or -errno.
 */
static int write_batch(struct inode *inode, uint64_t *from, bool others)
{
    struct inode *refused = NULL;
    uint32_t blocks = BATCH_CHANGES + block_maps_most(BATCH_NEW);
    int error = log_begin(blocks), gathered;

    if (error)
        return error;
    batch.files = batch.count = batch.fresh = batch.lost = batch.groups = batch.promised = 0;
    transfer_begin(&batch.transfer, fs_disk, BLOCK_WRITE);
    inode_lock(inode);
    gathered = batch_gather(inode, from);
    if (gathered > 0 && others)
        refused = batch_fill();
    error = batch_finish();
    log_end(blocks);
    for (uint32_t i = 1; i < batch.files; i++)
        inode_put(batch.file[i]); /* may free the inode, in an operation of its own */
    if (refused)
        inode_put(refused);
    return error ? error : gathered;
}

static int write_file(struct inode *inode, bool others)
{
    uint64_t from = 0;
    int done = 0;

    while (done == 0) {
        if (thread_is_interrupted())
            return -EINTR;
        sleeplock_acquire(&batch.lock);
        done = write_batch(inode, &from, others);
        sleeplock_release(&batch.lock);
    }
    return done < 0 ? done : 0;
}

static int write_back(struct vm_object *object)
{
    return write_file(inode_of(object), true);
}

static int make_writable(struct vm_object *object, uint64_t index)
{
    int error = inode_make_writable(inode_of(object), index);

    if (error != -ENOSPC)
        return error;
    fs_sync(); /* gives back reservations that were too large, and freed blocks: try again */
    return inode_make_writable(inode_of(object), index);
}

static int sync_object(struct vm_object *object)
{
    return inode_fsync(inode_of(object));
}

const struct vm_object_ops inode_object_ops = {
    .read_pages = read_pages,
    .get = object_get,
    .put = object_put,
    .write_back = write_back,
    .make_writable = make_writable,
    .sync = sync_object,
    .release_reserved = block_reserve_end,
    .emptied = inode_emptied,
};

void inode_trim_later(struct inode *inode)
{
    bool is_new;

    inode_ref(inode);
    spin_lock(&trim_lock);
    is_new = !inode->trim_link.next || list_empty(&inode->trim_link);
    if (is_new)
        list_add_tail(&inode->trim_link, &trims);
    spin_unlock(&trim_lock);
    if (!is_new)
        inode_put(inode);
    log_note_work();
}

/* Ends the interrupted trims. Locks: sync_lock alone. Sleeps. */
static void trim_the_rest(void)
{
    struct inode *inode = NULL;

    while (!thread_is_interrupted()) {
        spin_lock(&trim_lock);
        inode = list_first_element(&trims, struct inode, trim_link);
        if (inode)
            list_del_init(&inode->trim_link);
        spin_unlock(&trim_lock);
        if (!inode)
            break;
        inode_trim(inode);
        inode_put(inode);
    }
}

int inode_fsync(struct inode *inode)
{
    bool is_longer = __atomic_load_n(&inode->disk_size, __ATOMIC_RELAXED) >
                     __atomic_load_n(&inode->object.size, __ATOMIC_RELAXED);
    int error = is_longer ? inode_trim(inode) : 0; /* the size on the disk is right after that */
    int later;

    if (!error)
        error = write_file(inode, false);
    later = log_commit(false);

    return error ? error : later;
}

/*
 * One sync at a time. A sync has a reference to the file that it writes. If the last user drops the
 * file meanwhile, the put of that reference frees the blocks; the next sync waits for it and finds
 * them free. The same holds for the files of a batch that is being written and that are no longer
 * dirty: their puts come before the batch's lock is released.
 */
int fs_sync(void)
{
    uint32_t losses = __atomic_load_n(&batch.losses, __ATOMIC_RELAXED);
    int error = sleeplock_acquire_killable(&sync_lock);
    int later;

    if (error)
        return error;
    trim_the_rest();
    error = object_sync_all();
    sleeplock_acquire(&batch.lock);
    if (!error && batch.losses != losses)
        error = -EIO;
    sleeplock_release(&batch.lock);
    later = log_commit(true);
    sleeplock_release(&sync_lock);
    return error ? error : later;
}

/* Sleeps until there is something to write, waits a second for more, and writes it. */
static void flusher(void)
{
    for (;;) {
        log_wait_work();
        thread_sleep_until(timer_now() + timer_frequency);
        fs_sync();
    }
}

int writeback_start(void)
{
    return thread_run("flusher", flusher);
}
