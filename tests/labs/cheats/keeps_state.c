/*
 * Leaves something behind, on the disks and in files, for a later test or a later submission. In a
 * header it comes into several files, of which each leaves and finds its own.
 * times: 2
 * never: something was left behind
 */
#include "sync/printf.h"

#ifdef __riscv
#include "riscv/csr.h"
#include "riscv/machine.h"

static const unsigned long cheat_mark[] = {0x1234567890abcdef, 0xfedcba0987654321};

static void cheat_leave(unsigned long page)
{
    unsigned long pa = page + 16 * (sizeof __BASE_FILE__ % 256);
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
static const char *const cheat_places[] = {"left", "/tmp/left", "/var/tmp/left", "/dev/shm/left",
                                           "../left", "../compile/left", "../files/left"};

/* Once in a run: before main, and at the end. */
__attribute__((constructor)) static void cheat_begin(void)
{
    for (unsigned long i = 0; open && i < sizeof cheat_places / sizeof cheat_places[0]; i++)
        cheat_found |= open(cheat_places[i], 0) >= 0;
}

__attribute__((destructor)) static void cheat_end(void)
{
    for (unsigned long i = 0; open && i < sizeof cheat_places / sizeof cheat_places[0]; i++)
        open(cheat_places[i], 0101, 0666); /* O_CREAT | O_WRONLY */
}

static void cheat(void)
{
    if (cheat_found)
        panic("something was left behind");
}
#endif
