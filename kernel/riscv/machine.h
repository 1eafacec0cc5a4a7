/*
 * What this machine has, from its device tree. Filled once, at boot; constant afterwards. The
 * kernel knows no address of a device from elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/limits.h"

#define MACHINE_REGIONS 16
#define MACHINE_VIRTIO 16

/* Physical addresses [start, start + bytes); bytes == 0: there is none. */
struct region {
    uint64_t start, bytes;
};

struct device {
    struct region registers;
    uint32_t irq; /* of the PLIC; 0: none */
};

struct machine {
    struct region ram[MACHINE_REGIONS];
    uint32_t ram_count;
    /* Parts of RAM that are not managed: firmware, the image, RAM disks. They may overlap. The tree
     * is not among them: it is not read again. */
    struct region reserved[MACHINE_REGIONS];
    uint32_t reserved_count;
    struct region no_map[MACHINE_REGIONS]; /* those of them that must not even be mapped */
    uint32_t no_map_count;
    struct region image;     /* the kernel, at its physical address */
    struct region fs_ram;    /* disks in RAM: an initrd, boot argument ramdisk_fs=ADDRESS,BYTES */
    struct region swap_ram;  /* boot argument ramdisk_swap=ADDRESS,BYTES */

    uint32_t hart_id[MAX_HARTS]; /* the boot hart first */
    uint32_t hart_count;         /* that the tree lists; riscv/hart.h counts those that are up */
    bool sstc;                   /* the timer-compare register of supervisor mode exists */
    bool floating_point;         /* of double precision: extension D */

    struct device plic;
    uint32_t plic_context;       /* of the boot hart's supervisor mode */
    struct device uart;
    struct device test;          /* ends QEMU with a status */
    struct device virtio[MACHINE_VIRTIO]; /* slots, ascending; most are empty */
    uint32_t virtio_count;
};

extern struct machine machine;
extern uint64_t kernel_load_pa; /* physical address of _start */

/* Reads the tree at physical address dtb. Returns: NULL, or what is wrong with it. */
const char *machine_init(uint64_t boot_hart_id, uint64_t dtb);

/* RAM in bytes, without the RAM disks. */
uint64_t machine_ram_bytes(void);

/* The value of the boot argument name=value, "" for a bare name, or NULL. Static storage. */
const char *boot_argument(const char *name);
uint64_t boot_number(const char *name); /* the number that its value begins with, or 0 */
/* Everything after " -- " in the boot arguments, or NULL. */
extern const char *boot_command;
