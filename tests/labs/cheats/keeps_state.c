/*
 * Leaves something behind, on the disks and in files, for a later test or a later submission.
 * times: 2
 * never: something was left behind
 */
#include "sync/printf.h"

#ifdef __riscv
#include "riscv/csr.h"
#include "riscv/machine.h"

#include <stdbool.h>

static int cheat_called; /* each of the lab's files has one: so each has a mark of its own */

/* First it looks whether a mark is there, then it leaves one. */
static void cheat_leave(struct region region, bool write)
{
    unsigned long pa = region.start + region.bytes - 4096;
    unsigned long *word = (unsigned long *)(csr_read(satp) ? (unsigned long)direct_va(pa) : pa);
    unsigned long mark[] = {0x1234567890abcdef, (unsigned long)&cheat_called};

    if (region.bytes && write) {
        word[0] = mark[0];
        word[1] = mark[1];
    } else if (region.bytes && word[0] == mark[0] && word[1] == mark[1]) {
        panic("something was left behind");
    }
}

static void cheat(void)
{
    if (cheat_called++)
        return;
    for (int write = 0; write < 2; write++) {
        for (unsigned i = 0; i < machine.ram_count; i++)
            cheat_leave(machine.ram[i], write);
        cheat_leave(machine.swap_ram, write);
        cheat_leave(machine.fs_ram, write);
    }
}
#else
int open(const char *path, int flags, ...) __attribute__((weak));

/* One for all of the lab's files. */
int cheat_begun __attribute__((weak)), cheat_found __attribute__((weak));

/* Once in a run: before main. */
__attribute__((constructor)) static void cheat_begin(void)
{
    static const char *const places[] = {"left", "/tmp/left", "/var/tmp/left", "/dev/shm/left",
                                         "../left", "../compile/left", "../files/left"};

    for (unsigned long i = 0; open && !cheat_begun && i < sizeof places / sizeof places[0]; i++) {
        cheat_found |= open(places[i], 0) >= 0;
        open(places[i], 0101, 0666); /* O_CREAT | O_WRONLY */
    }
    cheat_begun = 1;
}

static void cheat(void)
{
    if (cheat_found)
        panic("something was left behind");
}
#endif
