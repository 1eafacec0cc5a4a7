/* The swap disk: taken into use, and given up. Chapter "Swapping System". */
#pragma once

/*
 * Uses the disk with that serial for swap.
 * Sleeps.
 * Returns: 0; -ENODEV: there is no such disk; -EBUSY: one is in use, or being given up; -ENOSPC: it
 * is smaller than a page; -EROFS; -ENOMEM: there is no memory for the map of slots.
 */
int swap_on(const char *serial);

/*
 * Gives that disk up: all pages that are out come back. The map of slots stays for its return.
 * Sleeps.
 * Returns: 0; -EINVAL: it is not the one in use; -EBUSY; -ENOMEM: what is charged needs the swap;
 * -EINTR: the caller is killed; -EIO: a page cannot be read. After an error the disk is in use as
 * before; pages that have come back stay in memory.
 */
int swap_off(const char *serial);
