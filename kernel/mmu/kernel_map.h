/* Boot: chooses the paging mode, and builds the page table of the kernel's half. */
#pragma once

#include <stdint.h>

/*
 * Sets paging_levels. mode: "sv39", "sv48", "sv57"; "auto" or NULL: the one with the most levels
 * that satp accepts. If the machine lacks the mode, prints that and powers off with status 1.
 */
void paging_init(const char *mode);

/*
 * Builds kernel_page_table (direct map, image, devices, stacks' region) and makes it active here.
 */
void kernel_map_init(void);

uint64_t kernel_satp(void); /* what the other harts begin with */
uint64_t image_pa(const void *symbol); /* the physical address of a part of the image */
