/*
 * Replay of the log after a crash. Pure: disk access by callbacks, memory from the caller. The
 * kernel runs it at mount, fsck on the host.
 */
#pragma once

#include "abi/disk.h"

/* Whole blocks. Each returns 0 or -errno. */
struct recover_io {
    int (*read)(uint32_t block, void *data);
    int (*write)(uint32_t block, const void *data);
    int (*flush)(void);
};

/* Makes header one that says: nothing to replay. */
void log_header_clear(struct disk_log_header *header, uint64_t sequence);
/* Fills in header_sum, after everything else. */
void log_header_seal(struct disk_log_header *header);

/*
 * Brings a committed transaction home and clears the log. A header or payload that is torn is no
 * transaction. header and data: a block of memory each. Returns the number of blocks replayed, or
 * -errno; *sequence: the last transaction known.
 */
int log_recover(const struct recover_io *io, const struct disk_super *super,
                struct disk_log_header *header, void *data, uint64_t *sequence);
