/* The kernel's own half: the paging mode is picked and the final page table built, at boot. */
#ifndef MMU_KERNEL_MAP_H
#define MMU_KERNEL_MAP_H

#include <stdint.h>

/*
 * Picks paging_levels: mode is "sv39", "sv48", "sv57", or "auto" (NULL too) for the best that satp
 * accepts. Where the machine lacks the mode, says so and powers off with status 1.
 */
void paging_init(const char *mode);

/*
 * Builds kernel_page_table (direct map, image, devices, stacks' region) and makes it active here.
 */
void kernel_map_init(void);

uint64_t kernel_satp(void); /* what the other harts begin with */

#endif
