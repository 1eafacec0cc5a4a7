/*
 * Block devices by name, and the simplest way to use one. Requests to every device are checked and
 * counted here, before the driver gets them.
 */
#include "dev/block.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/vm_stat.h"
#include "riscv/memlayout.h"
#include "sync/printf.h"
#include "thread/waitq.h"

static struct list_head devices = LIST_HEAD_INIT(devices); /* constant after boot */

void block_register(struct block_device *device)
{
    list_add_tail(&device->link, &devices);
}

struct block_device *block_next(struct block_device *previous)
{
    struct list_head *link = !previous ? devices.next : previous->link.next;

    return link == &devices ? NULL : container_of(link, struct block_device, link);
}

struct block_device *block_find(const char *serial)
{
    struct block_device *device = block_next(NULL);

    while (device && strcmp(device->serial, serial) != 0)
        device = block_next(device);
    return device;
}

static uint64_t request_bytes(const struct block_request *request)
{
    uint64_t bytes = 0;

    assert(request->segments <= BLOCK_SEGMENTS);
    for (uint32_t i = 0; i < request->segments; i++) {
        san_assert(request->segment[i].bytes % SECTOR_SIZE == 0);
        san_assert((uint64_t)request->segment[i].data - DIRECT_BASE < DIRECT_SIZE);
        bytes += request->segment[i].bytes;
    }
    return bytes;
}

void block_finish(struct block_request *request, int status)
{
    request->status = status;
    request->done(request);
}

void block_submit(struct block_device *device, struct block_request *request)
{
    uint64_t bytes = request_bytes(request), sectors = bytes / SECTOR_SIZE;

    if (request->operation != BLOCK_FLUSH &&
        (sectors == 0 || request->sector > device->sectors ||
         sectors > device->sectors - request->sector)) {
        block_finish(request, -EIO);
        return;
    }
    if (request->operation == BLOCK_READ) {
        update_vm_stats(VM_STAT_DISK_READS, 1);
        update_vm_stats(VM_STAT_DISK_READ_BYTES, bytes);
    } else if (request->operation == BLOCK_WRITE) {
        update_vm_stats(VM_STAT_DISK_WRITES, 1);
        update_vm_stats(VM_STAT_DISK_WRITE_BYTES, bytes);
    }
    device->submit(device, request);
}

/* A request; its submitter sleeps until it is done. */
struct block_wait {
    struct block_request request;
    struct spinlock lock; /* RANK_DEVICE; done() runs in interrupts */
    struct waitq waiter;
    bool finished;
};

/*
 * The lock is released last: the submitter reads `finished` only under the lock, and then returns
 * from the function that has the request on its stack.
 */
static void block_wake(struct block_request *request)
{
    struct block_wait *wait = request->private;
    uint64_t flags = spin_lock_irq(&wait->lock);

    wait->finished = true;
    waitq_wake_all(&wait->waiter);
    spin_unlock_irq(&wait->lock, flags);
}

int block_transfer(struct block_device *device, enum block_operation operation, uint64_t sector,
                   struct page *const page[], uint32_t count)
{
    struct block_wait wait;
    uint64_t flags;

    lockorder_check(RANK_DISK, NULL, "a disk");
    wait.request.operation = operation;
    wait.request.sector = sector;
    wait.request.segments = count;
    for (uint32_t i = 0; i < count; i++) {
        wait.request.segment[i].data = page_va(page[i]);
        wait.request.segment[i].bytes = PAGE_SIZE;
    }
    wait.request.done = block_wake;
    wait.request.private = &wait;
    wait.finished = false;
    spin_init(&wait.lock, "block request", RANK_DEVICE);
    waitq_init(&wait.waiter, "block request");
    block_submit(device, &wait.request);

    flags = spin_lock_irq(&wait.lock);
    while (!wait.finished)
        waitq_sleep_irq(&wait.waiter, &wait.lock, &flags);
    spin_unlock_irq(&wait.lock, flags);
    return wait.request.status;
}
