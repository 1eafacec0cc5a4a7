/*
 * Replay of the log after a crash.
 *
 * Transactions lie one after the other, from the start of the log, with ascending sequence numbers.
 * A transaction is valid if the checksums of its header and payload are right and all before it are
 * valid. The payload's checksum is verified before its first block is written home, so a torn
 * transaction changes nothing. Replaying is idempotent: after a crash during it, it is done again.
 *
 * After the valid transactions there may be older ones; their numbers do not continue the sequence.
 * So no number may be used twice. If the first header is torn nothing is replayed, and no header
 * says which number was the last: then the greatest number in the whole log is searched for, and
 * the next transaction has a greater one.
 */
#include "fs/recover.h"

#include "lib/string.h"

static uint32_t header_checksum(struct disk_log_header *header)
{
    uint32_t kept = header->header_sum;
    uint32_t sum;

    header->header_sum = 0;
    sum = disk_checksum(DISK_CHECKSUM_SEED, header, sizeof(*header));
    header->header_sum = kept;
    return sum;
}

void log_header_seal(struct disk_log_header *header)
{
    header->header_sum = header_checksum(header);
}

void log_header_clear(struct disk_log_header *header, uint64_t sequence)
{
    memset(header, 0, sizeof(*header));
    header->magic = DISK_LOG_MAGIC;
    header->sequence = sequence;
    log_header_seal(header);
}

static int header_is_whole(struct disk_log_header *header)
{
    return header->magic == DISK_LOG_MAGIC && header->header_sum == header_checksum(header);
}

/* Can the header, read at block `at` of the log, be that of a transaction there? */
static int header_is_possible(const struct disk_super *super, struct disk_log_header *header,
                              uint32_t at)
{
    if (!header_is_whole(header) || header->count == 0 || header->count > DISK_LOG_MAX ||
        header->count >= super->log_blocks - at)
        return 0;
    for (uint32_t i = 0; i < header->count; i++) /* a home is on the disk, and not in the log */
        if (header->block[i] >= super->nblocks ||
            header->block[i] - super->log_start < super->log_blocks)
            return 0;
    return 1;
}

/* payload: the block after the header. */
static int payload_sum(const struct recover_io *io, const struct disk_log_header *header,
                       uint32_t payload, void *data, uint32_t *sum)
{
    *sum = DISK_CHECKSUM_SEED;
    for (uint32_t i = 0; i < header->count; i++) {
        int error = io->read(payload + i, data);

        if (error)
            return error;
        *sum = disk_checksum(*sum, data, DISK_BLOCK_SIZE);
    }
    return 0;
}

static int install_payload(const struct recover_io *io, const struct disk_log_header *header,
                           uint32_t payload, void *data)
{
    int error = 0;

    for (uint32_t i = 0; i < header->count && !error; i++) {
        error = io->read(payload + i, data);
        if (!error)
            error = io->write(header->block[i], data);
    }
    return error;
}

/* Replays the transaction with this header, read at block `at` of the log.
 * Returns: 1, 0: it is not valid, or an error. */
static int replay_one(const struct recover_io *io, const struct disk_super *super,
                      struct disk_log_header *header, uint32_t at, void *data)
{
    uint32_t payload = super->log_start + at + 1, sum;
    int error;

    if (!header_is_possible(super, header, at))
        return 0;
    error = payload_sum(io, header, payload, data, &sum);
    if (error || sum != header->payload_sum)
        return error;
    error = install_payload(io, header, payload, data);
    return error ? error : 1;
}

/* Raises *sequence to the greatest number of any header in the log. */
static int greatest_sequence(const struct recover_io *io, const struct disk_super *super,
                             struct disk_log_header *header, uint64_t *sequence)
{
    int error = 0;

    for (uint32_t i = 0; i < super->log_blocks && !error; i++) {
        error = io->read(super->log_start + i, header);
        if (!error && header_is_whole(header) && header->sequence > *sequence)
            *sequence = header->sequence;
    }
    return error;
}

/* Replays the transactions from header on. Returns: the number of blocks, or an error. */
static int replay_all(const struct recover_io *io, const struct disk_super *super,
                      struct disk_log_header *header, void *data, uint64_t *sequence)
{
    int replayed = 0, error;
    uint32_t at = 0;

    do {
        *sequence = header->sequence;
        error = replay_one(io, super, header, at, data);
        if (error <= 0)
            break;
        replayed += (int)header->count;
        at += 1 + header->count;
        error = at < super->log_blocks ? io->read(super->log_start + at, header) : 1;
    } while (!error && header_is_whole(header) && header->sequence == *sequence + 1);
    if (error >= 0)
        error = io->flush();
    return error ? error : replayed;
}

int log_recover(const struct recover_io *io, const struct disk_super *super,
                struct disk_log_header *header, void *data, uint64_t *sequence)
{
    int error = io->read(super->log_start, header);
    int replayed = 0;

    *sequence = 0;
    if (error)
        return error;
    if (header_is_whole(header) && header->count == 0) {
        *sequence = header->sequence;
        return 0;
    }
    if (header_is_whole(header))
        replayed = replay_all(io, super, header, data, sequence);
    else
        error = greatest_sequence(io, super, header, sequence);
    if (error || replayed < 0)
        return error ? error : replayed;
    log_header_clear(header, *sequence);
    error = io->write(super->log_start, header);
    if (!error)
        error = io->flush();
    return error ? error : replayed;
}
