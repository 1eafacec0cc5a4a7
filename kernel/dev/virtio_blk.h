/* Disks behind virtio-mmio slots. */
#ifndef DEV_VIRTIO_BLK_H
#define DEV_VIRTIO_BLK_H

/* Registers a block device for each slot that holds a disk. Needs interrupts neither on nor off. */
void virtio_blk_init(void);

#endif
