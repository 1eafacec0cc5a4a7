/* Many blocks to or from the file system's disk; see transfer.h. */
#include "fs/transfer.h"

#include "abi/disk.h"
#include "sync/printf.h"

#define SECTORS_PER_BLOCK (DISK_BLOCK_SIZE / SECTOR_SIZE)

struct block_device *fs_disk;

int disk_read(uint32_t block, void *data)
{
    return block_transfer(fs_disk, BLOCK_READ, (uint64_t)block * SECTORS_PER_BLOCK, data,
                          DISK_BLOCK_SIZE);
}

int disk_write(uint32_t block, const void *data)
{
    return block_transfer(fs_disk, BLOCK_WRITE, (uint64_t)block * SECTORS_PER_BLOCK, (void *)data,
                          DISK_BLOCK_SIZE);
}

void transfer_init(struct transfer *transfer)
{
    spin_init(&transfer->lock, "transfer", RANK_TRANSFER);
    waitq_init(&transfer->wait, "transfer");
    transfer->in_flight = 0;
    transfer->open = -1;
}

void transfer_begin(struct transfer *transfer, enum block_operation operation)
{
    assert(transfer->in_flight == 0 && transfer->open < 0);
    transfer->operation = operation;
    transfer->status = 0;
}

/* In interrupt context, or from block_submit. */
static void transfer_done(struct block_request *request)
{
    struct transfer *transfer = request->private;
    uint64_t flags = spin_lock_irq(&transfer->lock);

    if (request->status && !transfer->status)
        transfer->status = request->status;
    transfer->in_flight &= ~(1u << (request - transfer->requests));
    waitq_wake_all(&transfer->wait);
    spin_unlock_irq(&transfer->lock, flags);
}

static void transfer_submit_open(struct transfer *transfer)
{
    if (transfer->open < 0)
        return;
    block_submit(fs_disk, &transfer->requests[transfer->open]);
    transfer->open = -1;
}

/* Sleeps until a request is free, and opens it for the run of blocks that starts at block. */
static void transfer_open(struct transfer *transfer, uint32_t block)
{
    const uint32_t all = (1u << TRANSFER_REQUESTS) - 1;
    uint64_t flags = spin_lock_irq(&transfer->lock);
    struct block_request *request;

    while (transfer->in_flight == all)
        waitq_sleep_irq(&transfer->wait, &transfer->lock, &flags);
    transfer->open = 0;
    while (transfer->in_flight & 1u << transfer->open)
        transfer->open++;
    transfer->in_flight |= 1u << transfer->open;
    spin_unlock_irq(&transfer->lock, flags);

    request = &transfer->requests[transfer->open];
    request->operation = transfer->operation;
    request->segments = 0;
    request->sector = (uint64_t)block * SECTORS_PER_BLOCK;
    request->done = transfer_done;
    request->private = transfer;
}

void transfer_add(struct transfer *transfer, uint32_t block, void *data)
{
    struct block_request *request;

    if (transfer->open >= 0 && (transfer->next_block != block ||
                                transfer->requests[transfer->open].segments == BLOCK_SEGMENTS))
        transfer_submit_open(transfer);
    if (transfer->open < 0)
        transfer_open(transfer, block);
    request = &transfer->requests[transfer->open];
    request->segment[request->segments].data = data;
    request->segment[request->segments].bytes = DISK_BLOCK_SIZE;
    request->segments++;
    transfer->next_block = block + 1;
}

int transfer_end(struct transfer *transfer)
{
    uint64_t flags;

    transfer_submit_open(transfer);
    flags = spin_lock_irq(&transfer->lock);
    while (transfer->in_flight)
        waitq_sleep_irq(&transfer->wait, &transfer->lock, &flags);
    spin_unlock_irq(&transfer->lock, flags);
    return transfer->status;
}
