/*
 * The write-ahead log. An operation that changes metadata runs between log_begin and log_end and
 * hands each buffer that it changed to log_write; all of its changes reach the disk, or none. Many
 * operations share one transaction, which is committed on request, when the log is full, or when it
 * is about a second old.
 *
 * After a disk error the log is dead: log_begin returns -EIO, and the disk stays as it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct disk_super;

#define LOG_OPERATION_MAX 60u /* the most blocks that one operation may ask for */

/* settled: called once after each checkpoint, before operations begin again. 0, -ENOMEM, -EINVAL.
 * *buffers: how many buffers the cache must always have. */
int log_init(const struct disk_super *super, uint64_t sequence, void (*settled)(void),
             uint32_t *buffers);

/*
 * Begins an operation that changes at most `blocks` blocks; log_end gets the same number. Waits for
 * a commit if the log has no room. Inside an operation nothing waits for memory, and log_begin is
 * not called again. Locks: none that an operation might take. Sleeps. Returns: 0 or -EIO.
 */
int log_begin(uint32_t blocks);
void log_end(uint32_t blocks);

/* Adds the buffer, which is locked and was changed, to the running transaction. */
void log_write(struct buffer *buffer);
void log_put(struct buffer *buffer); /* the same, and releases the buffer */
/* buffer_read in the middle of an operation's changes: an error kills the log, so that half an
 * operation is never committed. Sleeps. Returns: 0 or -EIO. */
int log_read(uint32_t block, struct buffer **out);
/* Kills the log: an operation cannot be completed, and nothing is committed any more. */
void log_fail(const char *why);
/* Returns: true: no change can reach the disk any more. */
bool log_is_dead(void);

/*
 * Makes durable all operations that have ended, and the data written before. checkpoint: writes all
 * blocks home, too, so that freed blocks can be used. Locks: none. Sleeps. Returns: 0 or -EIO.
 */
int log_commit(bool checkpoint);

#ifdef SAN
void log_assert_home(uint32_t block); /* block is about to be reused: the log must not have it */
#else
#define log_assert_home(block) ((void)0)
#endif

/* Tells the flusher that there is something to write. */
void log_note_work(void);
/* For the flusher: sleeps until log_note_work was called. */
void log_wait_work(void);
