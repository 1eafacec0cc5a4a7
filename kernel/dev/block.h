/*
 * Block devices. A request moves one to BLOCK_SEGMENTS pieces of memory to or from consecutive
 * sectors; many may be in flight; done() is called once, in interrupt context or from submit
 * itself.
 */
#pragma once

#include <stdint.h>

#include "lib/list.h"
#include "mem/page.h"

#define SECTOR_SIZE 512u
#define BLOCK_SEGMENTS 16
#define SERIAL_BYTES 24

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

struct block_device;

struct block_request {
    enum block_operation operation;
    uint32_t segments;                 /* used entries of segment[]; 0 for a flush */
    uint64_t sector;                   /* first, in units of 512 bytes */
    /* in the direct map; bytes a multiple of 512 */
    struct { void *data; uint32_t bytes; } segment[BLOCK_SEGMENTS];
    void (*done)(struct block_request *request);
    void *private;                     /* the submitter's */
    int status;                        /* 0 or -EIO, valid from done() on */
    struct list_head link;             /* the driver's, while in flight */
};

struct block_device {
    char serial[SERIAL_BYTES];         /* "fs", "swap" */
    uint64_t sectors;                  /* capacity */
    bool is_read_only;
    void (*submit)(struct block_device *device, struct block_request *request);
    void *private;                     /* the driver's */
    struct list_head link;
};

void block_register(struct block_device *device);      /* at boot */
struct block_device *block_find(const char *serial);   /* or NULL */

/*
 * Hands the request to the driver. Sleeps only if the device's queue is full. A request beyond the
 * end of the device gets -EIO by done().
 */
void block_submit(struct block_device *device, struct block_request *request);
/* One request for count pages, and its end. A flush has none. Sleeps. Returns: 0 or -EIO. */
int block_transfer(struct block_device *device, enum block_operation operation, uint64_t sector,
                   struct page *const page[], uint32_t count);

/* For drivers: the end of a request, status 0 or -EIO. The request is the submitter's again. */
void block_finish(struct block_request *request, int status);
/*
 * The device registered after previous, or, with NULL, the first one. NULL: there are no more.
 */
struct block_device *block_next(struct block_device *previous);
