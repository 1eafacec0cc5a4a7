/*
 * Many blocks to or from the file system's disk: consecutive ones in one request, several requests
 * in flight.
 *
 * guards: t = lock; u = the one thread between transfer_begin and transfer_end
 */
#ifndef FS_TRANSFER_H
#define FS_TRANSFER_H

#include <stdint.h>

#include "dev/block.h"
#include "sync/spinlock.h"
#include "thread/waitq.h"

#define TRANSFER_REQUESTS 4u

extern struct block_device *fs_disk; /* the disk that is mounted; constant from then on */

struct transfer {
    struct spinlock lock;           /* RANK_TRANSFER, with interrupts off */
    struct waitq wait;
    enum block_operation operation; /* u */
    uint32_t in_flight;             /* t: a bit for each request */
    int status;                     /* t: the first error */
    int open;                       /* u: the request that is being filled, or -1 */
    uint32_t next_block;            /* u: what would continue it */
    struct block_request requests[TRANSFER_REQUESTS];
};

void transfer_init(struct transfer *transfer);
void transfer_begin(struct transfer *transfer, enum block_operation operation);
/* data: one block, in the direct map; left alone until transfer_end. Sleeps. */
void transfer_add(struct transfer *transfer, uint32_t block, void *data);
int transfer_end(struct transfer *transfer); /* Waits for all. 0 or -EIO. Sleeps. */

/* One block. Sleep. Return 0 or -EIO. */
int disk_read(uint32_t block, void *data);
int disk_write(uint32_t block, const void *data);

#endif
