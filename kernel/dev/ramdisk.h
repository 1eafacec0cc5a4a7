/* Disks in RAM, for runs that must not depend on the host's timing. */
#ifndef DEV_RAMDISK_H
#define DEV_RAMDISK_H

#include "riscv/machine.h"

/* Makes the region of RAM, which nobody else manages, the disk of that serial. At boot. */
void ramdisk_add(const char *serial, struct region region);

#endif
