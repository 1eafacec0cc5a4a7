/* The end of the machine, with a status that QEMU passes on. */
#pragma once

void power_init(void);
