/*
 * The write-ahead log. An operation that changes metadata runs between log_begin and log_end and
 * hands each buffer that it changed to log_write; all of its changes reach the disk, or none. Many
 * operations share one transaction, which is committed when somebody asks, when the log is full, or
 * when it is about a second old.
 *
 * After a disk error the log is dead: log_begin returns -EIO, what is on the disk stays as it is.
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
 * Room for an operation that changes at most blocks blocks; log_end is told the same number. Waits
 * for a commit where there is none: hold nothing that an operation might want. Inside, nothing
 * waits for memory, and log_begin is not called again. 0 or -EIO. Sleeps.
 */
int log_begin(uint32_t blocks);
void log_end(uint32_t blocks);

/* buffer is locked and was changed: it goes with the running transaction. */
void log_write(struct buffer *buffer);
/* buffer_read for one that is about to be changed, after which there is no way back: an error kills
 * the log, so that half an operation is never committed. 0 or -EIO. Sleeps. */
int log_read(uint32_t block, struct buffer **out);
/* The operation in progress cannot be completed: nothing is committed any more. */
void log_fail(const char *why);
/* Nothing that changes now can reach the disk any more. */
bool log_is_dead(void);

/*
 * Returns when all operations that have ended are durable, and the data that was written before.
 * checkpoint: all blocks are at home then, too, and those that were freed can be used. Hold
 * nothing. 0 or -EIO. Sleeps.
 */
int log_commit(bool checkpoint);

#ifdef SAN
void log_assert_home(uint32_t block); /* block is about to be reused: the log does not have it */
#else
#define log_assert_home(block) ((void)0)
#endif

/* Something will have to be written; for the thread that does so. */
void log_note_work(void);
/* Sleeps until there was a note. */
void log_wait_work(void);
