/*
 * The write-ahead log.
 *
 * A commit appends the running transaction to the log: flush, header and payload, flush. The first
 * flush makes the file data durable that the transaction points to; the second one makes the
 * transaction final. Header and payload are written together: the header has the payload's
 * checksum, so a part of them is no transaction. Recovery (fs/recover.h) replays transactions from
 * the start of the log, as long as their numbers ascend by one.
 *
 * A checkpoint writes the blocks to their homes, when a caller wants the log empty or it has no
 * room; so a block that many transactions change is written home once. It writes the homes,
 * flushes, and writes an empty header over the first. That header needs no flush: replaying the
 * whole log again is harmless until the next transaction overwrites part of it, and a commit begins
 * with a flush.
 *
 * What always holds:
 * - No operation is open during a commit or a checkpoint, so no buffer changes meanwhile, and a
 *   checkpoint finds no block with uncommitted changes.
 * - A buffer is pinned, and in the tree of those away from home, from its first change to the next
 *   checkpoint. There are as many permanent buffers as blocks of the log.
 * - A freed block is not used again before the next checkpoint, since replaying the log may write
 *   an old block of metadata to it. The transaction of its next owner is durable only after the
 *   empty header is.
 */
#include "fs/log.h"

#include "abi/disk.h"
#include "abi/errno.h"
#include "dev/transfer.h"
#include "fs/buffer.h"
#include "fs/fs_disk.h"
#include "fs/recover.h"
#include "lib/rbtree.h"
#include "mem/frame.h"
#include "sync/printf.h"

#define BUFFER_SLACK 32u /* buffers beyond the log's own: for reading */

/* guards: g = lock; k = the thread that commits; c = constant after log_init */
static struct {
    struct spinlock lock;
    struct waitq wait;      /* any change */
    struct waitq work_wait; /* the note */
    uint32_t start, capacity; /* c: blocks of the disk */
    void (*settled)(void);  /* c */
    uint32_t open;          /* g: operations between begin and end */
    uint32_t reserved;      /* g: blocks that they may still add */
    uint32_t count;         /* g, and k while committing: blocks in the running transaction */
    uint32_t used;          /* g, and k while committing: blocks of committed transactions */
    bool wanted;            /* g: a commit is asked for; no operation begins */
    bool checkpoint_wanted; /* g: with a checkpoint; does not change while committing */
    bool committing;        /* g */
    bool dead;              /* g: read without, too */
    bool work;              /* g */
    uint64_t sequence;      /* g, and k while committing: of the last transaction committed */
    uint64_t commits, checkpoints; /* g: how many have ended */
    struct rb_root away;    /* g, and k while committing: buffers away from home, by block */
    struct disk_log_header *header; /* k */
    struct transfer transfer; /* k */
} log = {.lock = SPINLOCK("log", RANK_FS), .wait = WAITQ(log.wait, "log"),
         .work_wait = WAITQ(log.work_wait, "log work"), .transfer = TRANSFER(log.transfer)};

int log_init(const struct disk_super *super, uint64_t sequence, void (*settled)(void),
             uint32_t *buffers)
{
    uint64_t share = frame_managed / 32;
    struct page *page;

    log.start = super->log_start;
    log.capacity = super->log_blocks;
    if (log.capacity > DISK_LOG_MAX)
        log.capacity = DISK_LOG_MAX;
    if (log.capacity > share)
        log.capacity = (uint32_t)share;
    if (log.capacity < 1 + LOG_OPERATION_MAX)
        return -EINVAL;
    log.sequence = sequence;
    log.settled = settled;
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

/*
 * The first buffer that is away from home, or the one after previous; or NULL.
 * Locks: the log's, or committing keeps it ours.
 */
static struct buffer *away_next(struct buffer *previous)
{
    struct rb_node *node = previous ? rb_next(&previous->away_node) : rb_first(&log.away);

    return node ? container_of(node, struct buffer, away_node) : NULL;
}

/* Makes the header of the running transaction. Locks: none, but committing keeps the log ours. */
static void make_header(void)
{
    struct disk_log_header *header = log.header;
    struct buffer *buffer = NULL;

    log_header_clear(header, log.sequence + 1);
    header->payload_sum = DISK_CHECKSUM_SEED;
    while ((buffer = away_next(buffer)) != NULL) {
        if (!buffer->logged)
            continue;
        header->block[header->count++] = buffer->block;
        header->payload_sum = disk_checksum(header->payload_sum, buffer->data, DISK_BLOCK_SIZE);
    }
    assert(header->count == log.count);
    log_header_seal(header);
}

/*
 * Makes the running transaction a durable part of the log.
 * Locks: none, but committing keeps the log ours. Sleeps. Returns: 0 or -EIO.
 */
static int write_transaction(void)
{
    uint32_t at = log.start + log.used;
    struct buffer *buffer = NULL;
    int error = disk_flush();

    if (error || log.count == 0)
        return error;
    make_header();
    transfer_begin(&log.transfer, fs_disk, BLOCK_WRITE);
    transfer_add(&log.transfer, at++, log.header);
    while ((buffer = away_next(buffer)) != NULL) {
        if (!buffer->logged)
            continue;
        transfer_add(&log.transfer, at++, buffer->data);
        buffer->logged = false;
    }
    error = transfer_end(&log.transfer);
    log.used += 1 + log.count;
    log.count = 0;
    log.sequence++;
    return error ? error : disk_flush();
}

/*
 * Writes all blocks to their homes, in ascending order, and empties the log. No transaction runs.
 * Locks: none, but committing keeps the log ours. Sleeps. Returns: 0 or -EIO.
 */
static int bring_home(void)
{
    struct buffer *buffer = NULL;
    int error;

    if (log.used == 0)
        return 0;
    transfer_begin(&log.transfer, fs_disk, BLOCK_WRITE);
    while ((buffer = away_next(buffer)) != NULL)
        transfer_add(&log.transfer, buffer->block, buffer->data);
    error = transfer_end(&log.transfer);
    if (!error)
        error = disk_flush();
    if (error)
        return error;
    log_header_clear(log.header, log.sequence);
    error = disk_write(log.start, log.header);
    if (error)
        return error;
    while ((buffer = away_next(NULL)) != NULL) {
        rb_erase(&log.away, &buffer->away_node, NULL);
        buffer->away = false;
        buffer_unpin(buffer);
    }
    log.used = 0;
    log.settled();
    return 0;
}

/* No operation is open, the log is not dead. Locks: the log's, released meanwhile. Sleeps. */
static void commit_running(void)
{
    bool checkpoint = log.checkpoint_wanted;
    int error;

    assert(!log.committing && log.open == 0);
    log.committing = true;
    spin_unlock(&log.lock);
    error = write_transaction();
    if (!error && checkpoint)
        error = bring_home();
    spin_lock(&log.lock);
    if (error)
        log_die("disk error in the log");
    log.commits++;
    log.checkpoints += checkpoint;
    log.committing = log.wanted = log.checkpoint_wanted = false;
    waitq_wake_all(&log.wait);
}

bool log_is_dead(void)
{
    return __atomic_load_n(&log.dead, __ATOMIC_RELAXED);
}

int log_begin(uint32_t blocks)
{
    assert(blocks <= LOG_OPERATION_MAX);
    lockorder_acquire(RANK_LOG, &log, "log");
    spin_lock(&log.lock);
    while (!log.dead) {
        if (!log.committing && !log.wanted) {
            if (log.used + 1 + log.count + log.reserved + blocks <= log.capacity)
                break;
            log.wanted = log.checkpoint_wanted = true;
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

/* Locks: the log's. */
static void away_insert(struct buffer *buffer)
{
    struct rb_node **link = &log.away.node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = buffer->block < container_of(parent, struct buffer, away_node)->block
                   ? &parent->left : &parent->right;
    }
    rb_link_node(&buffer->away_node, parent, link);
    rb_insert(&log.away, &buffer->away_node, NULL);
    buffer->away = true;
}

void log_write(struct buffer *buffer)
{
    bool is_logged, is_away;

    san_assert(sleeplock_held(&buffer->lock));
    spin_lock(&log.lock);
    assert(log.open > 0);
    is_logged = buffer->logged;
    is_away = buffer->away;
    if (!is_logged) {
        assert(log.used + 1 + log.count < log.capacity);
        buffer->logged = true;
        log.count++;
    }
    if (!is_away)
        away_insert(buffer);
    spin_unlock(&log.lock);
    if (!is_away)
        buffer_pin(buffer); /* before the caller drops its own reference */
    if (!is_logged)
        log_note_work();
}

void log_put(struct buffer *buffer)
{
    log_write(buffer);
    buffer_release(buffer);
}

int log_read(uint32_t block, struct buffer **out)
{
    int error = buffer_read(block, out);

    if (error)
        log_fail("disk error in an operation");
    return error;
}

/*
 * Every operation that has ended belongs to the running transaction, or to the one that is being
 * committed now; so the next commit or checkpoint to end includes it.
 */
int log_commit(bool checkpoint)
{
    const uint64_t *ended = checkpoint ? &log.checkpoints : &log.commits;
    uint64_t before;
    bool dead;

    lockorder_check(RANK_LOG, NULL, "a commit");
    spin_lock(&log.lock);
    before = *ended;
    while (!log.dead && *ended == before) {
        if (!log.committing) {
            log.wanted = true;
            log.checkpoint_wanted |= checkpoint;
        }
        if (!log.committing && log.open == 0)
            commit_running();
        else
            waitq_sleep(&log.wait, &log.lock);
    }
    dead = log.dead;
    spin_unlock(&log.lock);
    return dead ? -EIO : 0;
}

#ifdef SAN
void log_assert_home(uint32_t block)
{
    struct buffer *buffer = NULL;

    spin_lock(&log.lock);
    while ((buffer = away_next(buffer)) != NULL)
        assert(buffer->block != block);
    spin_unlock(&log.lock);
}
#endif

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
