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

/* Makes a header that says that there is nothing to replay. */
void log_header_clear(struct disk_log_header *header, uint64_t sequence);
/* Fills in header_sum, after everything else. */
void log_header_seal(struct disk_log_header *header);

/*
 * Replays the committed transactions and clears the log. A torn header or payload is no
 * transaction. header, data: a block of memory each. *sequence: the number of the last transaction
 * known.
 * Returns: the number of blocks replayed, or -errno.
 */
int log_recover(const struct recover_io *io, const struct disk_super *super,
                struct disk_log_header *header, void *data, uint64_t *sequence);
