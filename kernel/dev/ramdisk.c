/*
 * A region of RAM as a block device. A request is complete when submit returns, so two runs of the
 * machine execute the same instructions.
 */
#include "dev/ramdisk.h"

#include "dev/block.h"
#include "lib/string.h"
#include "mem/kmem.h"
#include "riscv/memlayout.h"
#include "sync/printf.h"

/* block_submit has checked that the request lies inside. */
static void ramdisk_submit(struct block_device *device, struct block_request *request)
{
    char *at = (char *)device->private + request->sector * SECTOR_SIZE;

    for (uint32_t i = 0; i < request->segments; i++) {
        if (request->operation == BLOCK_READ)
            memcpy(request->segment[i].data, at, request->segment[i].bytes);
        else
            memcpy(at, request->segment[i].data, request->segment[i].bytes);
        at += request->segment[i].bytes;
    }
    block_finish(request, 0);
}

void ramdisk_add(const char *serial, struct region region)
{
    struct block_device *device = kmem_alloc(sizeof(*device), 0);

    if (!device) {
        printf("ramdisk %s: out of memory\n", serial);
        return;
    }
    strlcpy(device->serial, serial, sizeof(device->serial));
    device->sectors = region.bytes / SECTOR_SIZE;
    device->submit = ramdisk_submit;
    device->private = direct_va(region.start);
    block_register(device);
}
