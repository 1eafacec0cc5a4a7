/*
 * What driver and device share (Virtual I/O Device specification 1.1): the registers of "Virtio
 * Over MMIO", the split virtqueue of "Split Virtqueues", the requests of "Block Device". All is
 * little-endian, as is the hart.
 */
#pragma once

#include <stdint.h>

enum virtio_register {
    VIRTIO_MAGIC = 0x000,
    VIRTIO_VERSION = 0x004, /* 1: legacy, 2 */
    VIRTIO_DEVICE_ID = 0x008,
    VIRTIO_DEVICE_FEATURES = 0x010,
    VIRTIO_DEVICE_FEATURES_SELECT = 0x014,
    VIRTIO_DRIVER_FEATURES = 0x020,
    VIRTIO_DRIVER_FEATURES_SELECT = 0x024,
    VIRTIO_LEGACY_PAGE_SIZE = 0x028,
    VIRTIO_QUEUE_SELECT = 0x030,
    VIRTIO_QUEUE_SIZE_MAX = 0x034,
    VIRTIO_QUEUE_SIZE = 0x038,
    VIRTIO_LEGACY_QUEUE_ALIGN = 0x03c,
    VIRTIO_LEGACY_QUEUE_PFN = 0x040,
    VIRTIO_QUEUE_READY = 0x044,
    VIRTIO_QUEUE_NOTIFY = 0x050,
    VIRTIO_INTERRUPT_STATUS = 0x060,
    VIRTIO_INTERRUPT_ACK = 0x064,
    VIRTIO_STATUS = 0x070,
    VIRTIO_QUEUE_DESC_LOW = 0x080,
    VIRTIO_QUEUE_DRIVER_LOW = 0x090,
    VIRTIO_QUEUE_DEVICE_LOW = 0x0a0,
    VIRTIO_CONFIG = 0x100,
};

#define VIRTIO_MAGIC_VALUE 0x74726976u /* "virt" */
#define VIRTIO_ID_BLOCK 2u

enum virtio_status {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

/* Feature bits 0 to 31, and 32 to 63. */
#define VIRTIO_BLK_FEATURE_READ_ONLY (1u << 5)
#define VIRTIO_BLK_FEATURE_FLUSH (1u << 9)
#define VIRTIO_FEATURE_HIGH_VERSION_1 (1u << 0)

enum virtq_flag { VIRTQ_DESC_NEXT = 1, VIRTQ_DESC_WRITE = 2 /* by the device */ };

struct virtq_desc {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtq_used_element {
    uint32_t id; /* first descriptor of the chain */
    uint32_t bytes;
};

enum virtio_blk_type {
    VIRTIO_BLK_READ = 0,
    VIRTIO_BLK_WRITE = 1,
    VIRTIO_BLK_FLUSH = 4,
    VIRTIO_BLK_GET_ID = 8,
};
#define VIRTIO_BLK_ID_BYTES 20
#define VIRTIO_BLK_STATUS_OK 0

struct virtio_blk_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
