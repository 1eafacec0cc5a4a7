/*
 * Replay of the log after a crash.
 *
 * A transaction counts if the header's own checksum holds and the payload's does. The payload is
 * summed up before the first block goes home, so a torn transaction changes nothing. Replaying is
 * idempotent: a crash in its middle only means that it is done again.
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

/* May block be the home of a logged block? The log itself may not. */
static int home_is_valid(const struct disk_super *super, uint32_t block)
{
    if (block >= super->nblocks)
        return 0;
    return block < super->log_start || block >= super->log_start + super->log_blocks;
}

static int header_is_committed(const struct disk_super *super, struct disk_log_header *header)
{
    if (header->magic != DISK_LOG_MAGIC || header->header_sum != header_checksum(header))
        return 0;
    if (header->count == 0 || header->count > DISK_LOG_MAX || header->count >= super->log_blocks)
        return 0;
    for (uint32_t i = 0; i < header->count; i++)
        if (!home_is_valid(super, header->block[i]))
            return 0;
    return 1;
}

static int payload_sum(const struct recover_io *io, const struct disk_super *super,
                       const struct disk_log_header *header, void *data, uint32_t *sum)
{
    *sum = DISK_CHECKSUM_SEED;
    for (uint32_t i = 0; i < header->count; i++) {
        int error = io->read(io->context, super->log_start + 1 + i, data);

        if (error)
            return error;
        *sum = disk_checksum(*sum, data, DISK_BLOCK_SIZE);
    }
    return 0;
}

static int install_payload(const struct recover_io *io, const struct disk_super *super,
                           const struct disk_log_header *header, void *data)
{
    int error;

    for (uint32_t i = 0; i < header->count; i++) {
        error = io->read(io->context, super->log_start + 1 + i, data);
        if (!error)
            error = io->write(io->context, header->block[i], data);
        if (error)
            return error;
    }
    return io->flush(io->context);
}

int log_recover(const struct recover_io *io, const struct disk_super *super,
                struct disk_log_header *header, void *data, uint64_t *sequence)
{
    int replayed = 0;
    uint32_t sum;
    int error = io->read(io->context, super->log_start, header);

    *sequence = 0;
    if (error)
        return error;
    if (header->magic == DISK_LOG_MAGIC && header->header_sum == header_checksum(header))
        *sequence = header->sequence;
    if (header_is_committed(super, header)) {
        error = payload_sum(io, super, header, data, &sum);
        if (!error && sum == header->payload_sum) {
            error = install_payload(io, super, header, data);
            replayed = (int)header->count;
        }
        if (error)
            return error;
    }
    if (header->count != 0 || header->magic != DISK_LOG_MAGIC) {
        log_header_clear(header, *sequence);
        error = io->write(io->context, super->log_start, header);
        if (!error)
            error = io->flush(io->context);
    }
    return error ? error : replayed;
}
