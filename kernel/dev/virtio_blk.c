/*
 * Disks behind virtio-mmio, legacy (version 1) and modern (version 2). A request is a chain of
 * descriptors: header, data segments, status byte. The index of its first descriptor identifies the
 * request in the other arrays, too.
 *
 * A device that violates the protocol is reset, so that it accesses no more memory; from then on
 * every request to it fails with -EIO.
 */
#include "dev/virtio_blk.h"

#include "abi/errno.h"
#include "dev/block.h"
#include "dev/virtio.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "riscv/csr.h"
#include "riscv/irq.h"
#include "riscv/machine.h"
#include "riscv/memlayout.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "thread/waitq.h"

#define QUEUE_SIZE 256u
#define FIXED_DESCRIPTORS 2u /* header and status */

/*
 * Legacy devices find the rings by rule: the available ring right behind the descriptors, the used
 * ring at the next page. The rest of the pages is the driver's.
 */
struct virtio_queue {
    struct virtq_desc desc[QUEUE_SIZE]; /* free ones are linked by next */
    uint16_t available_flags;
    uint16_t available_index; /* counts chains, modulo 2^16 */
    uint16_t available_ring[QUEUE_SIZE];
    uint16_t available_event;
    uint8_t status[QUEUE_SIZE];
    struct block_request *request[QUEUE_SIZE]; /* NULL: no chain in flight begins here */
    _Alignas(PAGE_SIZE) uint16_t used_flags;
    uint16_t used_index;
    struct virtq_used_element used_ring[QUEUE_SIZE];
    uint16_t used_event;
    struct virtio_blk_header header[QUEUE_SIZE];
};
_Static_assert(offsetof(struct virtio_queue, available_flags) == 16 * QUEUE_SIZE, "legacy layout");
_Static_assert(offsetof(struct virtio_queue, used_flags) == PAGE_ROUND_UP(18 * QUEUE_SIZE + 6),
               "legacy layout");

/* guards: l = lock; c = constant after boot */
struct virtio_disk {
    struct block_device device;       /* c */
    volatile uint32_t *registers;     /* c */
    struct spinlock lock;             /* RANK_DEVICE, with interrupts off */
    struct virtio_queue *queue;       /* l */
    uint32_t free_head, free_count;   /* l: descriptors */
    uint16_t used_seen;               /* l: how far the used ring was read */
    bool broken;                      /* l */
    bool can_flush;                   /* c */
    struct waitq room;                /* submitters that wait for descriptors */
    struct block_request identify;    /* at boot */
    char id[VIRTIO_BLK_ID_BYTES + 4]; /* at boot */
};

static uint32_t register_read(struct virtio_disk *disk, enum virtio_register offset)
{
    return disk->registers[offset / 4];
}

static void register_write(struct virtio_disk *disk, enum virtio_register offset, uint32_t value)
{
    disk->registers[offset / 4] = value;
}

/* Locks: disk->lock. */
static uint32_t take_descriptor(struct virtio_disk *disk)
{
    uint32_t index = disk->free_head;

    disk->free_head = disk->queue->desc[index].next;
    disk->free_count--;
    return index;
}

/* Appends a descriptor after tail, the last one of a chain. Returns: the new tail. */
static uint32_t chain_append(struct virtio_disk *disk, uint32_t tail, const void *data,
                             uint32_t bytes, uint16_t flags)
{
    uint32_t index = take_descriptor(disk);

    disk->queue->desc[tail].flags |= VIRTQ_DESC_NEXT;
    disk->queue->desc[tail].next = (uint16_t)index;
    disk->queue->desc[index] = (struct virtq_desc){direct_pa(data), bytes, flags, 0};
    return index;
}

/* Queues the request; there are enough descriptors. Locks: disk. */
static void queue_request(struct virtio_disk *disk, struct block_request *request,
                          enum virtio_blk_type type)
{
    struct virtio_queue *queue = disk->queue;
    uint32_t head = take_descriptor(disk), tail = head;
    uint16_t direction = type == VIRTIO_BLK_WRITE ? 0 : VIRTQ_DESC_WRITE;

    spin_assert_held(&disk->lock);
    queue->header[head] = (struct virtio_blk_header){type, 0, request->sector};
    queue->desc[head] =
        (struct virtq_desc){direct_pa(&queue->header[head]), sizeof(queue->header[head]), 0, 0};
    for (uint32_t i = 0; i < request->segments; i++)
        tail = chain_append(disk, tail, request->segment[i].data, request->segment[i].bytes,
                            direction);
    queue->status[head] = UINT8_MAX;
    chain_append(disk, tail, &queue->status[head], 1, VIRTQ_DESC_WRITE);
    queue->request[head] = request;

    queue->available_ring[queue->available_index % QUEUE_SIZE] = (uint16_t)head;
    __atomic_store_n(&queue->available_index, (uint16_t)(queue->available_index + 1),
                     __ATOMIC_RELEASE);
    device_fence(); /* the chain must be visible before the device looks */
    register_write(disk, VIRTIO_QUEUE_NOTIFY, 0);
}

/* Takes the request of a finished chain, and frees the chain. Locks: disk. NULL: no request. */
static struct block_request *take_request(struct virtio_disk *disk, uint32_t head)
{
    struct virtio_queue *queue = disk->queue;
    struct block_request *request = head < QUEUE_SIZE ? queue->request[head] : NULL;
    uint32_t last = head;

    if (!request)
        return NULL;
    queue->request[head] = NULL;
    request->status = queue->status[head] == VIRTIO_BLK_STATUS_OK ? 0 : -EIO;
    for (disk->free_count++; queue->desc[last].flags & VIRTQ_DESC_NEXT; disk->free_count++)
        last = queue->desc[last].next;
    queue->desc[last].next = (uint16_t)disk->free_head;
    disk->free_head = head;
    return request;
}

/* Gives the device up: all requests in flight go to finished. Locks: disk. */
static void disk_fail(struct virtio_disk *disk, struct list_head *finished)
{
    printf("disk %s: the device failed\n", disk->device.serial);
    register_write(disk, VIRTIO_STATUS, 0);
    disk->broken = true;
    for (uint32_t head = 0; head < QUEUE_SIZE; head++) {
        struct block_request *request = take_request(disk, head);

        if (request) {
            request->status = -EIO;
            list_add_tail(&request->link, finished);
        }
    }
}

/*
 * Ends the requests that the device has completed. done() is called without the lock: it may submit
 * another request, and the memory of this one may be freed when it returns.
 */
static void disk_reap(struct virtio_disk *disk, bool failed)
{
    struct list_head finished = LIST_HEAD_INIT(finished);
    struct virtio_queue *queue = disk->queue;
    struct block_request *request;
    uint64_t flags = spin_lock_irq(&disk->lock);

    while (!disk->broken && !failed &&
           disk->used_seen != __atomic_load_n(&queue->used_index, __ATOMIC_ACQUIRE)) {
        request = take_request(disk, queue->used_ring[disk->used_seen % QUEUE_SIZE].id);
        disk->used_seen++;
        if (request)
            list_add_tail(&request->link, &finished);
        else
            failed = true;
    }
    if (failed && !disk->broken)
        disk_fail(disk, &finished);
    if (!list_empty(&finished))
        waitq_wake_all(&disk->room);
    spin_unlock_irq(&disk->lock, flags);

    list_for_each_element_safe(request, &finished, link)
        block_finish(request, request->status);
}

static void virtio_blk_interrupt(void *argument)
{
    struct virtio_disk *disk = argument;

    /* Acknowledge first, then look: what completes in between interrupts again. */
    register_write(disk, VIRTIO_INTERRUPT_ACK, register_read(disk, VIRTIO_INTERRUPT_STATUS));
    device_fence();
    disk_reap(disk, register_read(disk, VIRTIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
}

static const enum virtio_blk_type type_of_operation[] = {
    [BLOCK_READ] = VIRTIO_BLK_READ,
    [BLOCK_WRITE] = VIRTIO_BLK_WRITE,
    [BLOCK_FLUSH] = VIRTIO_BLK_FLUSH,
};

/* Sleeps if the queue is full. */
static void virtio_blk_submit(struct block_device *device, struct block_request *request)
{
    struct virtio_disk *disk = device->private;
    uint64_t flags;
    bool broken;

    if (request->operation == BLOCK_FLUSH && !disk->can_flush) {
        block_finish(request, 0); /* such a device has no cache that could be lost */
        return;
    }
    flags = spin_lock_irq(&disk->lock);
    while (!disk->broken && disk->free_count < request->segments + FIXED_DESCRIPTORS)
        waitq_sleep_irq(&disk->room, &disk->lock, &flags);
    broken = disk->broken;
    if (!broken)
        queue_request(disk, request, type_of_operation[request->operation]);
    spin_unlock_irq(&disk->lock, flags);
    if (broken)
        block_finish(request, -EIO);
}

/* "Device Initialization", steps 1 to 6. Returns: false: the device cannot be used. */
static bool negotiate(struct virtio_disk *disk, bool legacy)
{
    uint32_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
    uint32_t features;

    register_write(disk, VIRTIO_STATUS, 0);
    register_write(disk, VIRTIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
    register_write(disk, VIRTIO_STATUS, status);

    register_write(disk, VIRTIO_DEVICE_FEATURES_SELECT, 0);
    features = register_read(disk, VIRTIO_DEVICE_FEATURES) &
               (VIRTIO_BLK_FEATURE_FLUSH | VIRTIO_BLK_FEATURE_READ_ONLY);
    disk->can_flush = features & VIRTIO_BLK_FEATURE_FLUSH;
    disk->device.is_read_only = features & VIRTIO_BLK_FEATURE_READ_ONLY;
    register_write(disk, VIRTIO_DRIVER_FEATURES_SELECT, 0);
    register_write(disk, VIRTIO_DRIVER_FEATURES, features);
    if (legacy) {
        register_write(disk, VIRTIO_LEGACY_PAGE_SIZE, PAGE_SIZE);
        return true;
    }

    register_write(disk, VIRTIO_DRIVER_FEATURES_SELECT, 1);
    register_write(disk, VIRTIO_DRIVER_FEATURES, VIRTIO_FEATURE_HIGH_VERSION_1);
    register_write(disk, VIRTIO_STATUS, status | VIRTIO_STATUS_FEATURES_OK);
    return register_read(disk, VIRTIO_STATUS) & VIRTIO_STATUS_FEATURES_OK;
}

static void write_address(struct virtio_disk *disk, enum virtio_register low, const void *memory)
{
    uint64_t pa = direct_pa(memory);

    register_write(disk, low, (uint32_t)pa);
    register_write(disk, low + 4, (uint32_t)(pa >> 32));
}

static bool start_queue(struct virtio_disk *disk, bool legacy)
{
    struct virtio_queue *queue = disk->queue;

    register_write(disk, VIRTIO_QUEUE_SELECT, 0);
    if (register_read(disk, VIRTIO_QUEUE_SIZE_MAX) < QUEUE_SIZE)
        return false;
    register_write(disk, VIRTIO_QUEUE_SIZE, QUEUE_SIZE);
    if (legacy) {
        register_write(disk, VIRTIO_LEGACY_QUEUE_ALIGN, PAGE_SIZE);
        register_write(disk, VIRTIO_LEGACY_QUEUE_PFN, (uint32_t)(direct_pa(queue) >> PAGE_SHIFT));
    } else {
        write_address(disk, VIRTIO_QUEUE_DESC_LOW, queue->desc);
        write_address(disk, VIRTIO_QUEUE_DRIVER_LOW, &queue->available_flags);
        write_address(disk, VIRTIO_QUEUE_DEVICE_LOW, &queue->used_flags);
        register_write(disk, VIRTIO_QUEUE_READY, 1);
    }
    register_write(disk, VIRTIO_STATUS,
                   register_read(disk, VIRTIO_STATUS) | VIRTIO_STATUS_DRIVER_OK);
    return true;
}

static void identified(struct block_request *request)
{
    request->private = NULL;
}

/*
 * Asks for the serial number. No thread can sleep yet, so it polls, for a second at most.
 */
static bool identify(struct virtio_disk *disk)
{
    struct block_request *request = &disk->identify;
    uint64_t deadline = timer_now() + timer_frequency, flags;

    request->segments = 1;
    request->segment[0].data = disk->id;
    request->segment[0].bytes = VIRTIO_BLK_ID_BYTES;
    request->done = identified;
    request->private = disk;
    flags = spin_lock_irq(&disk->lock);
    queue_request(disk, request, VIRTIO_BLK_GET_ID);
    spin_unlock_irq(&disk->lock, flags);
    while (request->private)
        disk_reap(disk, timer_now() > deadline);
    strlcpy(disk->device.serial, disk->id, sizeof(disk->device.serial));
    return request->status == 0;
}

/* NULL: no memory; at boot that only means that a disk is missing. */
static struct virtio_disk *disk_create(volatile uint32_t *registers)
{
    struct virtio_disk *disk = kmem_alloc(sizeof(*disk), 0);

    if (!disk || !(disk->queue = alloc_block(sizeof(*disk->queue)))) {
        kmem_free(disk);
        return NULL;
    }
    disk->registers = registers;
    for (uint32_t i = 0; i < QUEUE_SIZE; i++)
        disk->queue->desc[i].next = (uint16_t)(i + 1);
    disk->free_count = QUEUE_SIZE;
    spin_init(&disk->lock, "disk", RANK_DEVICE);
    waitq_init(&disk->room, "disk queue");
    return disk;
}

static void disk_add(const struct device *slot, bool legacy)
{
    struct virtio_disk *disk = disk_create(direct_va(slot->registers.start));

    if (!disk || !negotiate(disk, legacy) || !start_queue(disk, legacy) || !identify(disk)) {
        printf("disk at 0x%lx: cannot be used\n", slot->registers.start);
        if (disk)
            register_write(disk, VIRTIO_STATUS, VIRTIO_STATUS_FAILED);
        return; /* the device may still know the queue: its memory stays */
    }
    disk->device.sectors = register_read(disk, VIRTIO_CONFIG) |
                           (uint64_t)register_read(disk, VIRTIO_CONFIG + 4) << 32;
    disk->device.submit = virtio_blk_submit;
    disk->device.private = disk;
    block_register(&disk->device);
    irq_register(slot->irq, virtio_blk_interrupt, disk);
}

void virtio_blk_init(void)
{
    for (uint32_t i = 0; i < machine.virtio_count; i++) {
        const struct device *slot = &machine.virtio[i];
        volatile uint32_t *registers = direct_va(slot->registers.start);
        uint32_t version = registers[VIRTIO_VERSION / 4];

        if (slot->irq != 0 && registers[VIRTIO_MAGIC / 4] == VIRTIO_MAGIC_VALUE &&
            registers[VIRTIO_DEVICE_ID / 4] == VIRTIO_ID_BLOCK && (version == 1 || version == 2))
            disk_add(slot, version == 1);
    }
}
