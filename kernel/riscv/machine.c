/*
 * The device tree, read once: RAM and what of it is taken, harts, devices, boot arguments. Bindings
 * are told by their compatible strings, never by names or places in the tree.
 */
#include "riscv/machine.h"

#include "lib/string.h"
#include "riscv/fdt.h"
#include "riscv/irq.h"
#include "riscv/memlayout.h"

#define TREE_MAX_BYTES (2u << 20)
#define ARGUMENT_BYTES 4096
#define MASK_BITS 64          /* of the firmware's hart masks: higher ids are not used */
#define SUPERVISOR_EXTERNAL 9 /* what a PLIC context of supervisor mode is wired to */

struct machine machine;

extern char _start[], _end[];

static char arguments[ARGUMENT_BYTES]; /* NUL-separated */
static size_t arguments_end;
static const char *command;

/* What the walk over the tree has learnt. */
struct scan {
    struct fdt fdt;
    bool in_cpus, in_reserved;     /* below the node at depth 1 */
    uint64_t cpu;                  /* id of the cpu node met last */
    uint64_t boot_controller;      /* phandle of the boot hart's interrupt controller */
    struct fdt_value plic_targets; /* (phandle, cause) of each context */
    const char *error;
};

static void add_region(struct scan *scan, struct region *table, uint32_t *count, uint64_t start,
                       uint64_t end)
{
    if (start >= end)
        return;
    if (*count == MACHINE_REGIONS) {
        scan->error = "too many regions of memory";
        return;
    }
    table[(*count)++] = (struct region){start, end - start};
}

static void add_ram(struct scan *scan, uint64_t start, uint64_t bytes)
{
    bool too_far = start + bytes < start || start + bytes > DIRECT_SIZE;
    uint64_t end = too_far ? DIRECT_SIZE : start + bytes;

    if (start < DIRECT_SIZE)
        add_region(scan, machine.ram, &machine.ram_count, PAGE_ROUND_UP(start),
                   PAGE_ROUND_DOWN(end));
}

static void add_reserved(struct scan *scan, uint64_t start, uint64_t bytes)
{
    add_region(scan, machine.reserved, &machine.reserved_count, PAGE_ROUND_DOWN(start),
               PAGE_ROUND_UP(start + bytes));
}

static bool compatible(struct scan *scan, const struct fdt_node *node, const char *binding)
{
    return fdt_has_string(fdt_property(&scan->fdt, node, "compatible"), binding);
}

static void scan_number(struct scan *scan, const struct fdt_node *node, const char *name,
                        uint64_t *number)
{
    struct fdt_value value = fdt_property(&scan->fdt, node, name);

    fdt_number(value, 0, value.bytes / 4, number); /* one cell or two: both are in use */
}

static void scan_memory(struct scan *scan, const struct fdt_node *node)
{
    uint64_t start, bytes;

    for (uint32_t i = 0; fdt_reg(&scan->fdt, node, i, &start, &bytes); i++) {
        if (!scan->in_reserved) {
            add_ram(scan, start, bytes);
            continue;
        }
        add_reserved(scan, start, bytes);
        if (fdt_property(&scan->fdt, node, "no-map").data != NULL)
            add_region(scan, machine.no_map, &machine.no_map_count, PAGE_ROUND_DOWN(start),
                       PAGE_ROUND_UP(start + bytes));
    }
}

static void scan_chosen(struct scan *scan, const struct fdt_node *node)
{
    const char *text = fdt_string(fdt_property(&scan->fdt, node, "bootargs"));
    uint64_t start = 0, end = 0;

    scan_number(scan, node, "linux,initrd-start", &start);
    scan_number(scan, node, "linux,initrd-end", &end);
    if (start < end) {
        machine.fs_ram = (struct region){start, end - start};
        add_reserved(scan, start, end - start);
    }
    if (text != NULL && strlcpy(arguments, text, ARGUMENT_BYTES) >= ARGUMENT_BYTES)
        scan->error = "boot arguments are too long";
}

static bool isa_has(const char *isa, const char *extension)
{
    size_t length = strlen(extension);

    for (isa = strchr(isa, '_'); isa != NULL; isa = strchr(isa, '_')) {
        isa++;
        if (strncmp(isa, extension, length) == 0 && (isa[length] == '_' || isa[length] == 0))
            return true;
    }
    return false;
}

/* One of the extensions of one letter, which come first: "rv64imafdc_zicsr". G stands for IMAFD. */
static bool isa_has_letter(const char *isa, char letter)
{
    size_t length = strlen(isa);

    for (size_t i = strlen("rv64"); i < length && isa[i] != '_' && isa[i] != 'z'; i++)
        if (isa[i] == letter || isa[i] == 'g')
            return true;
    return false;
}

static void scan_cpu(struct scan *scan, const struct fdt_node *node)
{
    const char *isa = fdt_string(fdt_property(&scan->fdt, node, "riscv,isa"));
    struct fdt_value extensions = fdt_property(&scan->fdt, node, "riscv,isa-extensions");
    struct fdt_value status = fdt_property(&scan->fdt, node, "status");
    uint64_t unused;

    scan->cpu = MASK_BITS;
    if (!fdt_reg(&scan->fdt, node, 0, &scan->cpu, &unused))
        return;
    scan_number(scan, node, "timebase-frequency", &machine.timebase);
    if (scan->cpu == machine.hart_id[0]) {
        machine.sstc = isa != NULL && isa_has(isa, "sstc");
        machine.floating_point = (isa != NULL && isa_has_letter(isa, 'd')) ||
                                 fdt_has_string(extensions, "d");
    } else if ((status.data == NULL || fdt_has_string(status, "okay")) && scan->cpu < MASK_BITS &&
               machine.hart_count < MAX_HARTS) {
        machine.hart_id[machine.hart_count++] = (uint32_t)scan->cpu;
    }
}

/* Registers and interrupt. False for a device that we could not serve. */
static bool scan_device(struct scan *scan, const struct fdt_node *node, struct device *device)
{
    struct device found = {.irq = 0};
    uint64_t irq = 0;

    scan_number(scan, node, "interrupts", &irq);
    if (irq >= IRQ_COUNT ||
        !fdt_reg(&scan->fdt, node, 0, &found.registers.start, &found.registers.bytes) ||
        found.registers.start >= DIRECT_SIZE ||
        found.registers.bytes > DIRECT_SIZE - found.registers.start)
        return false;
    found.irq = (uint32_t)irq;
    *device = found;
    return true;
}

/* Keeps the slots in ascending order: trees list them in any. */
static void scan_virtio(struct scan *scan, const struct fdt_node *node)
{
    struct device device;
    uint32_t i;

    if (machine.virtio_count == MACHINE_VIRTIO || !scan_device(scan, node, &device))
        return;
    for (i = machine.virtio_count++; i > 0; i--) {
        if (machine.virtio[i - 1].registers.start < device.registers.start)
            break;
        machine.virtio[i] = machine.virtio[i - 1];
    }
    machine.virtio[i] = device;
}

static void scan_node(struct scan *scan, const struct fdt_node *node)
{
    struct fdt_value kind = fdt_property(&scan->fdt, node, "device_type");

    if (node->depth == 1) {
        scan->in_cpus = strcmp(node->name, "cpus") == 0;
        scan->in_reserved = strcmp(node->name, "reserved-memory") == 0;
        if (strcmp(node->name, "chosen") == 0)
            scan_chosen(scan, node);
        if (scan->in_cpus)
            scan_number(scan, node, "timebase-frequency", &machine.timebase);
    }
    if (fdt_has_string(kind, "memory") || (scan->in_reserved && node->depth == 2))
        scan_memory(scan, node);
    else if (scan->in_cpus && fdt_has_string(kind, "cpu"))
        scan_cpu(scan, node);
    else if (compatible(scan, node, "riscv,cpu-intc") && scan->cpu == machine.hart_id[0])
        scan_number(scan, node, "phandle", &scan->boot_controller);
    else if (compatible(scan, node, "ns16550a") && machine.uart.registers.bytes == 0)
        scan_device(scan, node, &machine.uart);
    else if (compatible(scan, node, "sifive,test0"))
        scan_device(scan, node, &machine.test);
    else if (compatible(scan, node, "virtio,mmio"))
        scan_virtio(scan, node);
    else if (compatible(scan, node, "sifive,plic-1.0.0") || compatible(scan, node, "riscv,plic0")) {
        if (scan_device(scan, node, &machine.plic))
            scan->plic_targets = fdt_property(&scan->fdt, node, "interrupts-extended");
    }
}

/* Contexts are numbered as the PLIC lists its targets. */
static bool find_plic_context(const struct scan *scan)
{
    uint64_t controller, cause;

    for (uint32_t i = 0; fdt_number(scan->plic_targets, 2 * i, 1, &controller) &&
                         fdt_number(scan->plic_targets, 2 * i + 1, 1, &cause);
         i++) {
        if (controller == scan->boot_controller && cause == SUPERVISOR_EXTERNAL) {
            machine.plic_context = i;
            return true;
        }
    }
    return false;
}

/* Words become strings; what follows the word "--" is the command. */
static void split_arguments(void)
{
    size_t length = strlen(arguments);

    arguments_end = length;
    for (size_t i = 0; i < length; i++) {
        bool word_begins = i == 0 || arguments[i - 1] == 0;

        if (word_begins && strncmp(arguments + i, "-- ", 3) == 0) {
            command = arguments + i + 3;
            arguments_end = i;
            return;
        }
        if (arguments[i] == ' ')
            arguments[i] = 0;
    }
}

const char *boot_argument(const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < arguments_end; i += strlen(arguments + i) + 1) {
        if (strncmp(arguments + i, name, length) != 0)
            continue;
        if (arguments[i + length] == '=')
            return arguments + i + length + 1;
        if (arguments[i + length] == 0)
            return arguments + i + length;
    }
    return NULL;
}

const char *boot_command(void)
{
    return command;
}

static uint64_t decimal(const char **digits)
{
    uint64_t number = 0;

    for (; **digits >= '0' && **digits <= '9' && number < DIRECT_SIZE; (*digits)++)
        number = 10 * number + (uint64_t)(**digits - '0');
    return number;
}

uint64_t boot_number(const char *name)
{
    const char *digits = boot_argument(name);

    return digits != NULL ? decimal(&digits) : 0;
}

/* A boot argument NAME=ADDRESS,BYTES says that this part of RAM is a disk. */
static void reserve_ramdisk(struct scan *scan, const char *name, struct region *disk)
{
    const char *digits = boot_argument(name);
    uint64_t start, end;

    if (digits == NULL)
        return;
    start = decimal(&digits);
    end = *digits++ == ',' ? start + decimal(&digits) : start;
    for (uint32_t i = 0; i < machine.ram_count; i++) {
        const struct region *ram = &machine.ram[i];

        if (start < end && start >= ram->start && end <= ram->start + ram->bytes) {
            *disk = (struct region){start, end - start};
            add_reserved(scan, start, end - start);
            return;
        }
    }
    scan->error = "a RAM disk does not lie in RAM";
}

const char *machine_init(uint64_t boot_hart_id, uint64_t dtb)
{
    struct scan scan = {.cpu = MASK_BITS, .boot_controller = UINT64_MAX};
    uint64_t image_bytes = (uint64_t)(_end - _start), start, bytes;
    struct fdt_walk walk;
    struct fdt_node node;
    int more;

    if (dtb >= DIRECT_SIZE || fdt_open(&scan.fdt, direct_va(dtb), TREE_MAX_BYTES) < 0)
        return "no device tree";
    if (boot_hart_id >= MASK_BITS)
        return "the boot hart's id is too high";
    machine.hart_id[0] = (uint32_t)boot_hart_id;
    machine.hart_count = 1;
    machine.image = (struct region){kernel_load_pa, image_bytes};
    add_reserved(&scan, kernel_load_pa, image_bytes);

    fdt_walk_begin(&walk, &scan.fdt);
    while ((more = fdt_walk_next(&walk, &node)) > 0)
        scan_node(&scan, &node);
    for (uint32_t i = 0; fdt_reservation(&scan.fdt, i, &start, &bytes); i++)
        add_reserved(&scan, start, bytes);
    split_arguments();

    if (more < 0)
        return "the device tree is broken";
    if (machine.ram_count == 0)
        return "the device tree lists no memory";
    if (machine.timebase == 0)
        return "the device tree has no timebase-frequency";
    if (!find_plic_context(&scan))
        return "the device tree has no interrupt controller for this hart";
    reserve_ramdisk(&scan, "ramdisk_fs", &machine.fs_ram);
    reserve_ramdisk(&scan, "ramdisk_swap", &machine.swap_ram);
    return scan.error;
}

uint64_t machine_ram_bytes(void)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < machine.ram_count; i++)
        bytes += machine.ram[i].bytes;
    return bytes - machine.fs_ram.bytes - machine.swap_ram.bytes;
}
