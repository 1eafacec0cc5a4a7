/*
 * Many pages to or from a disk with blocks of that size: consecutive ones in one request, several
 * requests in flight.
 *
 * guards: t = lock; u = the one thread between transfer_begin and transfer_end
 */
#pragma once

#include "dev/block.h"
#include "sync/spinlock.h"
#include "thread/waitq.h"

#define TRANSFER_REQUESTS 4u

struct transfer {
    struct spinlock lock;           /* RANK_TRANSFER, with interrupts off */
    struct waitq wait;
    struct block_device *device;    /* u */
    enum block_operation operation; /* u */
    uint32_t in_flight;             /* t: a bit for each request */
    int status;                     /* t: the first error */
    int open;                       /* u: the request that is being filled, or -1 */
    uint32_t next_block;            /* u: what would continue it */
    struct block_request requests[TRANSFER_REQUESTS];
};

/* The value of a static transfer before its first use. */
#define TRANSFER(it) \
    {.lock = SPINLOCK("transfer", RANK_TRANSFER), .wait = WAITQ((it).wait, "transfer"), .open = -1}
void transfer_begin(struct transfer *transfer, struct block_device *device,
                    enum block_operation operation);
/* data: one page, in the direct map; left alone until transfer_end. Sleeps. */
void transfer_add(struct transfer *transfer, uint32_t block, void *data);
int transfer_end(struct transfer *transfer); /* Waits for all. 0 or -EIO. Sleeps. */
