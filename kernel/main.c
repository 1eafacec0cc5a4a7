/*
 * Boot, in order: each call is one layer coming up. The boot hart does it alone; then the other
 * harts come in, and the first thread does what may sleep: the file system, the console, init.
 */

#include "debug.h"
#include "dev/block.h"
#include "dev/power.h"
#include "dev/ramdisk.h"
#include "dev/uart.h"
#include "dev/virtio_blk.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/memory.h"
#include "mmu/asid.h"
#include "mmu/kernel_map.h"
#include "mmu/page_table.h"
#include "proc/process.h"
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/irq.h"
#include "riscv/machine.h"
#include "riscv/sbi.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "sync/trace.h"
#include "thread/thread.h"
#include "vm/vm.h"

#ifndef XV39_VERSION
#define XV39_VERSION "0.1"
#endif

#define CANNOT_START 1 /* the status with which the machine then ends */
#define HART_START_SECONDS 10
#define MIB (1ul << 20)

/* What entry.S reads, at its physical address, on a hart that starts. */
struct hart_launch {
    uint64_t satp;
    uint64_t entry; /* virtual, for stvec */
    struct hart *hart;
    void *stack_top;
};

extern char _start[];
void secondary_entry(void);
void secondary_upper_half(void);
void kernel_main(uint64_t hart_id, uint64_t dtb) __attribute__((noreturn));
void kernel_secondary_main(void) __attribute__((noreturn));

struct hart_launch hart_launch; /* entry.S knows it, too */
static uint32_t harts_arrived = 1; /* atomic */

/* For what the user must mend: says it in one line, and ends the machine. */
static void __attribute__((noreturn)) cannot_start(const char *complaint)
{
    printf("xv39 cannot start: %s\n", complaint);
    power_off(CANNOT_START);
}

/* Starts harts[index]. False where it does not come. */
static bool hart_launch_one(uint32_t index, uint32_t id)
{
    uint64_t deadline = timer_now() + HART_START_SECONDS * timer_frequency;

    hart_describe(index, id);
    hart_launch = (struct hart_launch){
        .satp = kernel_satp(),
        .entry = (uint64_t)secondary_upper_half,
        .hart = &harts[index],
        .stack_top = hart_stacks[index] + HART_STACK_BYTES,
    };
    if (sbi_hart_start(id, image_pa((const void *)secondary_entry), image_pa(&hart_launch)) != 0)
        return false;
    while (__atomic_load_n(&harts_arrived, __ATOMIC_ACQUIRE) != index + 1) {
        if (timer_now() > deadline)
            return false;
        spin_hint();
    }
    return true;
}

/* One at a time, so that indices have no gaps. */
static void start_other_harts(void)
{
    for (uint32_t i = 1; i < machine.hart_count; i++) {
        if (!hart_launch_one(i, machine.hart_id[i])) {
            printf("hart %u does not start: going on with %u\n", machine.hart_id[i], i);
            return;
        }
        __atomic_store_n(&hart_count, i + 1, __ATOMIC_RELEASE);
    }
}

void kernel_secondary_main(void)
{
    hart_init();
    __atomic_add_fetch(&harts_arrived, 1, __ATOMIC_ACQ_REL);
    /* A hart that came too late is not counted, and stays here. */
    while (this_hart()->index >= __atomic_load_n(&hart_count, __ATOMIC_ACQUIRE))
        spin_hint();
    thread_start_hart();
}

static void find_disks(void)
{
    irq_init();
    if (machine.fs_ram.bytes != 0)
        ramdisk_add("fs", machine.fs_ram);
    if (machine.swap_ram.bytes != 0)
        ramdisk_add("swap", machine.swap_ram);
    virtio_blk_init();
}

static void print_banner(void)
{
    const char *separator = "";

    printf("%u harts, %lu MiB, paging sv%u, asid %u\n", hart_count, machine_ram_bytes() / MIB,
           PAGE_SHIFT + 9 * paging_levels, asid_bits);
    printf("disks:");
    for (struct block_device *disk = block_next(NULL); disk; disk = block_next(disk)) {
        printf("%s %s %lu MiB", separator, disk->serial, disk->sectors * SECTOR_SIZE / MIB);
        separator = ",";
    }
    printf("\n");
}

/* debug=panic and debug=hang: so that tests see how such ends are told. */
static void __attribute__((noinline)) obey_debug_argument(void) /* a line of the backtrace */
{
    const char *debug = boot_argument("debug");

    if (debug && strcmp(debug, "panic") == 0)
        panic("debug=panic");
    if (debug && strcmp(debug, "hang") == 0) {
        interrupts_off();
        for (;;)
            wait_for_interrupt();
    }
}

/* The first thread: the part of boot that may sleep. */
static void boot_thread(void)
{
    obey_debug_argument();
    if (!block_find("fs"))
        cannot_start("no disk with serial=fs; `make qemu` makes one and attaches it");
    if (fs_mount() < 0)
        cannot_start("there is no root file system");
    if (vm_start() < 0)
        cannot_start("not enough memory");
    if (boot_argument("debug") && strcmp(boot_argument("debug"), "lockorder") == 0)
        debug_lockorder();
    if (console_init() < 0)
        cannot_start("not enough memory");
    process_start_init(boot_command);
}

/* trace=RECORDS[,off]: see sync/trace.h. */
static void make_trace_rings(void)
{
    const char *wanted = boot_argument("trace");
    uint64_t records = boot_number("trace");

    if (records == 1)
        records = TRACE_DEFAULT;
    for (uint32_t i = 0; records != 0 && i < machine.hart_count; i++) {
        struct trace_record *block = alloc_block(records * sizeof(*block));

        if (!block)
            cannot_start("trace=: there is no memory for rings of so many records");
        trace_give_ring(i, block, records, strchr(wanted, ',') == NULL);
    }
}

void kernel_main(uint64_t hart_id, uint64_t dtb)
{
    const char *complaint;

    hart_describe(0, (uint32_t)hart_id);
    sbi_init();
    complaint = machine_init(hart_id, dtb);
    power_init();
    if (complaint)
        cannot_start(complaint);
    hart_init();
    uart_init();
    printf("xv39 %s\n", XV39_VERSION);

    paging_init(boot_argument("paging"));
    memory_init();
    kernel_map_init();
    thread_init();
    make_trace_rings();
    vm_init();
    find_disks();
    start_other_harts();
    print_banner();

    if (thread_run("boot", boot_thread) < 0)
        cannot_start("not enough memory");
    thread_start_hart();
}
