/*
 * Leaves something behind, on the disks and in files, for a later test or a later submission.
 * times: 2
 * never: something was left behind
 */
#include "sync/printf.h"

#ifdef __riscv
#include "riscv/csr.h"
#include "riscv/machine.h"

static const unsigned long cheat_mark[] = {0x1234567890abcdef, 0xfedcba0987654321};

static void cheat_leave(unsigned long pa)
{
    unsigned long *word = (unsigned long *)(csr_read(satp) ? (unsigned long)direct_va(pa) : pa);

    if (word[0] == cheat_mark[0] && word[1] == cheat_mark[1])
        panic("something was left behind");
    word[0] = cheat_mark[0];
    word[1] = cheat_mark[1];
}

static void cheat(void)
{
    static int called;

    if (called++)
        return;
    for (unsigned i = 0; i < machine.ram_count; i++)
        cheat_leave(machine.ram[i].start + machine.ram[i].bytes - 4096);
    if (machine.swap_ram.bytes)
        cheat_leave(machine.swap_ram.start + machine.swap_ram.bytes - 4096);
    if (machine.fs_ram.bytes)
        cheat_leave(machine.fs_ram.start + machine.fs_ram.bytes - 4096);
}
#else
int open(const char *path, int flags, ...) __attribute__((weak));

static int cheat_found;

/* Once in a run: before main. */
__attribute__((constructor)) static void cheat_begin(void)
{
    static const char *const places[] = {"left", "/tmp/left", "/var/tmp/left", "/dev/shm/left",
                                         "../left", "../compile/left", "../files/left"};

    for (unsigned long i = 0; open && i < sizeof places / sizeof places[0]; i++) {
        cheat_found |= open(places[i], 0) >= 0;
        open(places[i], 0101, 0666); /* O_CREAT | O_WRONLY */
    }
}

static void cheat(void)
{
    if (cheat_found)
        panic("something was left behind");
}
#endif
