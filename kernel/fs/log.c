/*
 * The write-ahead log.
 *
 * Commit: payload and flush (which also makes the file data durable that write-back had finished
 * before), header and flush: the point of no return; then each block to its home, flush, empty
 * header. Operations wait meanwhile, so the buffers of the transaction cannot change under the
 * commit. The empty header needs no flush: replaying the transaction again is harmless until the
 * next one overwrites the payload, and then its checksum no longer holds.
 */
#include "fs/log.h"

#include "abi/disk.h"
#include "abi/errno.h"
#include "dev/transfer.h"
#include "fs/buffer.h"
#include "fs/fs_disk.h"
#include "fs/recover.h"
#include "mem/frame.h"
#include "sync/printf.h"

#define BUFFER_SLACK 32u /* buffers beyond the log's own: looked into, not changed */

/* guards: g = lock; k = the thread that commits; c = constant after log_init */
static struct {
    struct spinlock lock;   /* RANK_FS */
    struct waitq wait;      /* any change */
    struct waitq work_wait; /* the note */
    uint32_t start, capacity; /* c */
    void (*committed)(void);  /* c */
    uint32_t open;          /* g: operations between begin and end */
    uint32_t reserved;      /* g: blocks that they may still add */
    uint32_t count;         /* g: blocks in the running transaction */
    bool wanted;            /* g: a commit is asked for; no operation begins */
    bool committing;        /* g */
    bool dead;              /* g: read without, too */
    bool work;              /* g */
    uint64_t sequence;      /* g: of the running transaction */
    struct list_head blocks; /* g, and k while committing */
    struct disk_log_header *header; /* k */
    struct transfer transfer; /* k */
} log;

int log_init(const struct disk_super *super, uint64_t sequence, void (*committed)(void),
             uint32_t *buffers)
{
    uint64_t share = frame_managed / 32;
    struct page *page;

    spin_init(&log.lock, "log", RANK_FS);
    waitq_init(&log.wait, "log");
    waitq_init(&log.work_wait, "log work");
    list_init(&log.blocks);
    transfer_init(&log.transfer);
    log.start = super->log_start;
    log.capacity = super->log_blocks - 1;
    if (log.capacity > DISK_LOG_MAX)
        log.capacity = DISK_LOG_MAX;
    if (log.capacity > share)
        log.capacity = (uint32_t)share;
    if (log.capacity < LOG_OPERATION_MAX)
        return -EINVAL;
    log.sequence = sequence + 1;
    log.committed = committed;
    page = frame_alloc(FRAME_BUFFER, FRAME_ZEROED);
    if (!page)
        return -ENOMEM;
    log.header = page_va(page);
    *buffers = log.capacity + BUFFER_SLACK;
    return 0;
}

/* Locks: the log's. */
static void log_die(const char *why)
{
    if (!log.dead)
        printf("fs: %s: the file system is read-only from now on\n", why);
    log.dead = true;
    waitq_wake_all(&log.wait);
}

void log_fail(const char *why)
{
    spin_lock(&log.lock);
    log_die(why);
    spin_unlock(&log.lock);
}

static int write_payload(void)
{
    struct buffer *buffer;
    uint32_t i = 0;

    log.header->payload_sum = DISK_CHECKSUM_SEED;
    transfer_begin(&log.transfer, fs_disk, BLOCK_WRITE);
    list_for_each_element(buffer, &log.blocks, log_link) {
        log.header->block[i] = buffer->block;
        log.header->payload_sum =
            disk_checksum(log.header->payload_sum, buffer->data, DISK_BLOCK_SIZE);
        transfer_add(&log.transfer, log.start + 1 + i, buffer->data);
        i++;
    }
    log.header->count = i;
    return transfer_end(&log.transfer);
}

static int write_homes(void)
{
    struct buffer *buffer;

    transfer_begin(&log.transfer, fs_disk, BLOCK_WRITE);
    list_for_each_element(buffer, &log.blocks, log_link)
        transfer_add(&log.transfer, buffer->block, buffer->data);
    return transfer_end(&log.transfer);
}

/* Sleeps. The running transaction to the disk; nobody else touches it. 0 or -EIO. */
static int write_transaction(void)
{
    int error;

    log_header_clear(log.header, log.sequence);
    error = write_payload();
    if (!error)
        error = block_flush(fs_disk);
    if (!error) {
        log_header_seal(log.header);
        error = disk_write(log.start, log.header);
    }
    if (!error)
        error = block_flush(fs_disk);
    if (!error)
        error = write_homes();
    if (!error)
        error = block_flush(fs_disk);
    if (!error) {
        log_header_clear(log.header, log.sequence);
        error = disk_write(log.start, log.header);
    }
    return error;
}

/* Locks: the log's, given up and taken again. No operation is open. Sleeps. */
static void commit_running(void)
{
    struct list_head *link, *after;
    int error;

    assert(!log.committing && log.open == 0);
    if (log.dead || log.count == 0) {
        log.wanted = false;
        waitq_wake_all(&log.wait);
        return;
    }
    log.committing = true;
    spin_unlock(&log.lock);
    error = write_transaction();
    if (!error)
        log.committed();
    spin_lock(&log.lock);
    if (error) {
        log_die("disk error in the log");
    } else {
        list_for_each_safe (link, after, &log.blocks) {
            struct buffer *buffer = container_of(link, struct buffer, log_link);

            list_del(link);
            buffer->logged = false;
            spin_unlock(&log.lock); /* committing keeps the list ours */
            buffer_unpin(buffer);
            spin_lock(&log.lock);
        }
        log.count = 0;
        log.sequence++;
    }
    log.committing = false;
    log.wanted = false;
    waitq_wake_all(&log.wait);
}

int log_begin(uint32_t blocks)
{
    assert(blocks <= LOG_OPERATION_MAX);
    lockorder_acquire(RANK_LOG, &log, "log");
    spin_lock(&log.lock);
    while (!log.dead) {
        if (!log.committing && !log.wanted) {
            if (log.count + log.reserved + blocks <= log.capacity)
                break;
            log.wanted = true;
        }
        if (!log.committing && log.open == 0)
            commit_running();
        else
            waitq_sleep(&log.wait, &log.lock);
    }
    if (log.dead) {
        spin_unlock(&log.lock);
        lockorder_release(RANK_LOG, &log);
        return -EIO;
    }
    log.open++;
    log.reserved += blocks;
    spin_unlock(&log.lock);
    return 0;
}

void log_end(uint32_t blocks)
{
    spin_lock(&log.lock);
    assert(log.open > 0 && log.reserved >= blocks);
    log.open--;
    log.reserved -= blocks;
    if (log.open == 0 && log.wanted)
        waitq_wake_all(&log.wait);
    spin_unlock(&log.lock);
    lockorder_release(RANK_LOG, &log);
}

void log_write(struct buffer *buffer)
{
    bool fresh = false;

    san_assert(sleeplock_held(&buffer->lock));
    spin_lock(&log.lock);
    assert(log.open > 0);
    if (!buffer->logged) {
        assert(log.count < log.capacity);
        buffer->logged = true;
        list_add_tail(&buffer->log_link, &log.blocks);
        log.count++;
        fresh = true;
    }
    spin_unlock(&log.lock);
    if (fresh) {
        buffer_pin(buffer); /* before the caller lets go of its own reference */
        log_note_work();
    }
}

int log_read(uint32_t block, struct buffer **out)
{
    int error = buffer_read(block, out);

    if (error)
        log_fail("disk error in an operation");
    return error;
}

int log_commit(void)
{
    uint64_t wish;
    bool dead;

    lockorder_check(RANK_LOG, NULL, "a commit");
    spin_lock(&log.lock);
    if (log.count == 0 && !log.dead) {
        spin_unlock(&log.lock);
        return block_flush(fs_disk);
    }
    wish = log.sequence;
    while (!log.dead && log.sequence == wish) {
        if (!log.committing)
            log.wanted = true;
        if (!log.committing && log.open == 0)
            commit_running();
        else
            waitq_sleep(&log.wait, &log.lock);
    }
    dead = log.dead;
    spin_unlock(&log.lock);
    return dead ? -EIO : 0;
}

void log_note_work(void)
{
    if (__atomic_load_n(&log.work, __ATOMIC_RELAXED))
        return;
    spin_lock(&log.lock);
    log.work = true;
    waitq_wake_one(&log.work_wait);
    spin_unlock(&log.lock);
}

void log_wait_work(void)
{
    lockorder_check(RANK_OUTER, NULL, "work for the log");
    spin_lock(&log.lock);
    while (!log.work)
        waitq_sleep(&log.work_wait, &log.lock);
    log.work = false;
    spin_unlock(&log.lock);
}
