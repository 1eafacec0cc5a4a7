/* Disks in RAM, for runs that must not depend on the host's timing. */
#pragma once

#include "riscv/machine.h"

/* Makes the region of RAM, which nobody else manages, the disk of that serial. At boot. */
void ramdisk_add(const char *serial, struct region region);
