/* The end of the machine, with a status that QEMU passes on. */
#ifndef DEV_POWER_H
#define DEV_POWER_H

void power_init(void);

#endif
