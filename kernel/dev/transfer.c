/* Many pages to or from a disk; see transfer.h. */
#include "dev/transfer.h"

#include "riscv/memlayout.h"
#include "sync/printf.h"

#define SECTORS_PER_BLOCK (PAGE_SIZE / SECTOR_SIZE)

void transfer_begin(struct transfer *transfer, struct block_device *device,
                    enum block_operation operation)
{
    assert(transfer->in_flight == 0 && transfer->open < 0);
    transfer->device = device;
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
    block_submit(transfer->device, &transfer->requests[transfer->open]);
    transfer->open = -1;
}

/* Sleeps until a request is free, and opens it for the run of blocks that starts at block. */
static void __attribute__((noinline)) transfer_open(struct transfer *transfer, uint32_t block)
{
    const uint32_t all = (1u << TRANSFER_REQUESTS) - 1;
    struct block_request *request;
    uint64_t flags;

    lockorder_check(RANK_DISK, NULL, "a transfer");
    flags = spin_lock_irq(&transfer->lock);
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
    request->segment[request->segments].bytes = PAGE_SIZE;
    request->segments++;
    transfer->next_block = block + 1;
}

int transfer_end(struct transfer *transfer)
{
    uint64_t flags;

    lockorder_check(RANK_DISK, NULL, "a transfer");
    transfer_submit_open(transfer);
    flags = spin_lock_irq(&transfer->lock);
    while (transfer->in_flight)
        waitq_sleep_irq(&transfer->wait, &transfer->lock, &flags);
    spin_unlock_irq(&transfer->lock, flags);
    return transfer->status;
}
