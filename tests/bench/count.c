/*
 * A plugin of QEMU's that counts instructions, those of user programs apart: by address, for the
 * kernel has the upper half and the firmware the first 256 MiB of RAM, where no program of ours
 * lies. A hart that sleeps in wfi executes nothing, so what is idle is not counted.
 *
 * QEMU runs blocks of instructions without a jump; each is counted when it begins, so that one
 * which a fault ends is counted as if it had not. The counts lie in the file that the argument
 * counts= names, two of 64 bits, user first. Distributions have no header for plugins: what is used
 * is declared here. -DVERSION= is the version of the interface: QEMU wants one that it still knows.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define FIRMWARE_START 0x80000000u
#define FIRMWARE_END 0x90000000u
#define NO_REGISTERS 0 /* that a callback looks at */

struct qemu_plugin_tb;
typedef uint64_t plugin_id;

uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(
    plugin_id id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*executed)(
    unsigned hart, void *data), int flags, void *data);

PUBLIC int qemu_plugin_version = VERSION;
PUBLIC int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

static uint64_t *counts; /* [0] user, [1] kernel and firmware; one hart at a time executes */

static void count_user(unsigned hart, void *data)
{
    (void)hart;
    counts[0] += (uintptr_t)data;
}

static void count_kernel(unsigned hart, void *data)
{
    (void)hart;
    counts[1] += (uintptr_t)data;
}

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
    uint64_t at = qemu_plugin_tb_vaddr(block);
    int is_user = at < FIRMWARE_START || (at >= FIRMWARE_END && at >> 63 == 0);

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, is_user ? count_user : count_kernel, NO_REGISTERS,
                                         (void *)qemu_plugin_tb_n_insns(block));
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    int file;

    (void)info;
    if (argc != 1 || strncmp(argv[0], "counts=", 7) != 0)
        return -1;
    file = open(argv[0] + 7, O_RDWR);
    if (file < 0)
        return -1;
    counts = mmap(NULL, 2 * sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counts == MAP_FAILED)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
