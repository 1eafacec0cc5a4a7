/* Disks behind virtio-mmio slots. */
#pragma once

/* Registers a block device for each slot that holds a disk. Needs interrupts neither on nor off. */
void virtio_blk_init(void);
