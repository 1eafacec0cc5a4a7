/*
 * The device tree, read once: RAM and its reserved parts, harts, devices, boot arguments. A node is
 * recognised by its compatible strings or its device type; by its name only if it has neither.
 */
#include "riscv/machine.h"

#include "lib/string.h"
#include "riscv/fdt.h"
#include "riscv/irq.h"
#include "riscv/memlayout.h"
#include "riscv/timer.h"

#define TREE_MAX_BYTES (2u << 20)
#define ARGUMENT_BYTES 4096
#define MASK_BITS 64          /* of the firmware's hart masks: harts with higher ids are not used */
#define SUPERVISOR_EXTERNAL 9 /* the interrupt that a PLIC context of supervisor mode raises */

struct machine machine;

extern char _start[], _end[];

static char arguments[ARGUMENT_BYTES]; /* NUL-separated */
static size_t arguments_end;
const char *boot_command;

/* The state of the walk over the tree. */
static struct {
    const char *top;               /* the name of the current node, or its ancestor, at depth 1 */
    uint64_t cpu;                  /* id of the last cpu node */
    uint64_t boot_controller;      /* phandle of the boot hart's interrupt controller */
    struct fdt_value plic_targets; /* (phandle, cause) of each context */
    const char *error;
} scan = {.top = "", .cpu = MASK_BITS, .boot_controller = UINT64_MAX};

static void add_region(struct region *table, uint32_t *count, uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    if (*count == MACHINE_REGIONS) {
        scan.error = "too many regions of memory";
        return;
    }
    table[(*count)++] = (struct region){start, end - start};
}

static void add_reserved(uint64_t start, uint64_t bytes)
{
    add_region(machine.reserved, &machine.reserved_count, PAGE_ROUND_DOWN(start),
               PAGE_ROUND_UP(start + bytes));
}

static void scan_number(const struct fdt_node *node, const char *name, uint64_t *number)
{
    struct fdt_value value = fdt_property(node, name);

    fdt_number(value, 0, value.bytes / 4, number); /* one cell or two: both are in use */
}

static void scan_memory(const struct fdt_node *node)
{
    uint64_t start, bytes;

    for (uint32_t i = 0; fdt_reg(node, i, &start, &bytes); i++) {
        bool too_far = start + bytes < start || start + bytes > DIRECT_SIZE;

        if (start < DIRECT_SIZE)
            add_region(machine.ram, &machine.ram_count, PAGE_ROUND_UP(start),
                       PAGE_ROUND_DOWN(too_far ? DIRECT_SIZE : start + bytes));
    }
}

static void scan_reserved(const struct fdt_node *node)
{
    uint64_t start, bytes;

    for (uint32_t i = 0; fdt_reg(node, i, &start, &bytes); i++) {
        add_reserved(start, bytes);
        if (fdt_property(node, "no-map").data)
            add_region(machine.no_map, &machine.no_map_count, PAGE_ROUND_DOWN(start),
                       PAGE_ROUND_UP(start + bytes));
    }
}

static void scan_chosen(const struct fdt_node *node)
{
    const char *text = fdt_string(fdt_property(node, "bootargs"));
    uint64_t start = 0, end = 0;

    scan_number(node, "linux,initrd-start", &start);
    scan_number(node, "linux,initrd-end", &end);
    if (start < end) {
        machine.fs_ram = (struct region){start, end - start};
        add_reserved(start, end - start);
    }
    if (text && strlcpy(arguments, text, ARGUMENT_BYTES) >= ARGUMENT_BYTES)
        scan.error = "boot arguments are too long";
}

static bool isa_has(const char *isa, const char *extension)
{
    size_t length = strlen(extension);

    for (isa = strchr(isa, '_'); isa; isa = strchr(isa, '_')) {
        isa++;
        if (strncmp(isa, extension, length) == 0 && (isa[length] == '_' || isa[length] == 0))
            return true;
    }
    return false;
}

/* Extensions of one letter come first: "rv64imafdc_zicsr". G stands for IMAFD. */
static bool isa_has_letter(const char *isa, char letter)
{
    size_t length = strlen(isa);

    for (size_t i = strlen("rv64"); i < length && isa[i] != '_' && isa[i] != 'z'; i++)
        if (isa[i] == letter || isa[i] == 'g')
            return true;
    return false;
}

static void scan_cpu(const struct fdt_node *node)
{
    const char *isa = fdt_string(fdt_property(node, "riscv,isa"));
    struct fdt_value status = fdt_property(node, "status");
    uint64_t unused;

    scan.cpu = MASK_BITS;
    if (!fdt_reg(node, 0, &scan.cpu, &unused))
        return;
    if (scan.cpu == machine.hart_id[0]) {
        machine.sstc = isa && isa_has(isa, "sstc");
        machine.floating_point = (isa && isa_has_letter(isa, 'd')) ||
                                 fdt_has_string(fdt_property(node, "riscv,isa-extensions"), "d");
    } else if ((!status.data || fdt_has_string(status, "okay")) && scan.cpu < MASK_BITS &&
               machine.hart_count < MAX_HARTS) {
        machine.hart_id[machine.hart_count++] = (uint32_t)scan.cpu;
    }
}

static void scan_cpu_controller(const struct fdt_node *node)
{
    if (scan.cpu == machine.hart_id[0])
        scan_number(node, "phandle", &scan.boot_controller);
}

/* Reads registers and interrupt. Returns: false: the device cannot be used. */
static bool scan_device(const struct fdt_node *node, struct device *device)
{
    struct device found;
    uint64_t irq = 0;

    scan_number(node, "interrupts", &irq);
    if (irq >= IRQ_COUNT || !fdt_reg(node, 0, &found.registers.start, &found.registers.bytes) ||
        found.registers.start >= DIRECT_SIZE ||
        found.registers.bytes > DIRECT_SIZE - found.registers.start)
        return false;
    found.irq = (uint32_t)irq;
    *device = found;
    return true;
}

static void scan_uart(const struct fdt_node *node)
{
    if (machine.uart.registers.bytes == 0) /* the first one */
        scan_device(node, &machine.uart);
}

static void scan_test(const struct fdt_node *node)
{
    scan_device(node, &machine.test);
}

static void scan_plic(const struct fdt_node *node)
{
    if (scan_device(node, &machine.plic))
        scan.plic_targets = fdt_property(node, "interrupts-extended");
}

/* Keeps the slots in ascending order, in whatever order the tree lists them. */
static void scan_virtio(const struct fdt_node *node)
{
    struct device device, *slot = &machine.virtio[machine.virtio_count];

    if (machine.virtio_count == MACHINE_VIRTIO || !scan_device(node, &device))
        return;
    machine.virtio_count++;
    for (; slot > machine.virtio && slot[-1].registers.start >= device.registers.start; slot--)
        *slot = slot[-1];
    *slot = device;
}

/* The function for a node that has this string in this property. */
static const struct binding {
    const char *property, *string;
    void (*found)(const struct fdt_node *node);
} bindings[] = {
    {"device_type", "memory", scan_memory},
    {"device_type", "cpu", scan_cpu},
    {"compatible", "riscv,cpu-intc", scan_cpu_controller},
    {"compatible", "riscv,plic0", scan_plic},
    {"compatible", "sifive,plic-1.0.0", scan_plic},
    {"compatible", "ns16550a", scan_uart},
    {"compatible", "sifive,test0", scan_test},
    {"compatible", "virtio,mmio", scan_virtio},
    {NULL, NULL, NULL},
};

static void scan_node(const struct fdt_node *node)
{
    if (node->depth == 1)
        scan.top = node->name;
    /* These three are recognised by the names that the specification gives them. */
    if (node->depth == 1 && strcmp(scan.top, "chosen") == 0)
        scan_chosen(node);
    if (strcmp(scan.top, "cpus") == 0)
        scan_number(node, "timebase-frequency", &timer_frequency);
    if (node->depth == 2 && strcmp(scan.top, "reserved-memory") == 0) {
        scan_reserved(node);
        return;
    }
    for (const struct binding *binding = bindings; binding->found; binding++) {
        if (fdt_has_string(fdt_property(node, binding->property), binding->string)) {
            binding->found(node);
            return;
        }
    }
}

/* Contexts are numbered as the PLIC lists its targets. */
static bool find_plic_context(void)
{
    uint64_t controller, cause;

    for (uint32_t i = 0; fdt_number(scan.plic_targets, 2 * i, 1, &controller) &&
                         fdt_number(scan.plic_targets, 2 * i + 1, 1, &cause);
         i++) {
        if (controller == scan.boot_controller && cause == SUPERVISOR_EXTERNAL) {
            machine.plic_context = i;
            return true;
        }
    }
    return false;
}

/* Splits the arguments into strings; the rest after the word "--" is the command. */
static void split_arguments(void)
{
    size_t length = strlen(arguments);

    arguments_end = length;
    for (size_t i = 0; i < length; i++) {
        bool word_begins = i == 0 || arguments[i - 1] == 0;

        if (word_begins && strncmp(arguments + i, "-- ", 3) == 0) {
            boot_command = arguments + i + 3;
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

    return digits ? decimal(&digits) : 0;
}

/* Reserves the part of RAM that a boot argument NAME=ADDRESS,BYTES declares a disk. */
static void reserve_ramdisk(const char *name, struct region *disk)
{
    const char *digits = boot_argument(name);
    uint64_t start, end;

    if (!digits)
        return;
    start = decimal(&digits);
    end = *digits++ == ',' ? start + decimal(&digits) : start;
    for (uint32_t i = 0; i < machine.ram_count; i++) {
        const struct region *ram = &machine.ram[i];

        if (start < end && start >= ram->start && end <= ram->start + ram->bytes) {
            *disk = (struct region){start, end - start};
            add_reserved(start, end - start);
            return;
        }
    }
    scan.error = "a RAM disk does not lie in RAM";
}

const char *machine_init(uint64_t boot_hart_id, uint64_t dtb)
{
    uint64_t image_bytes = (uint64_t)(_end - _start), start, bytes;
    struct fdt fdt;
    struct fdt_walk walk = {.fdt = &fdt};
    struct fdt_node node;
    int more;

    if (dtb >= DIRECT_SIZE || fdt_open(&fdt, direct_va(dtb), TREE_MAX_BYTES) < 0)
        return "no device tree";
    if (boot_hart_id >= MASK_BITS)
        return "the boot hart's id is too high";
    machine.hart_id[0] = (uint32_t)boot_hart_id;
    machine.hart_count = 1;
    machine.image = (struct region){kernel_load_pa, image_bytes};
    add_reserved(kernel_load_pa, image_bytes);

    while ((more = fdt_walk_next(&walk, &node)) > 0)
        scan_node(&node);
    for (uint32_t i = 0; fdt_reservation(&fdt, i, &start, &bytes); i++)
        add_reserved(start, bytes);
    split_arguments();

    if (more < 0)
        return "the device tree is broken";
    if (machine.ram_count == 0)
        return "the device tree lists no memory";
    if (timer_frequency == 0)
        return "the device tree has no timebase-frequency";
    if (!find_plic_context())
        return "the device tree has no interrupt controller for this hart";
    reserve_ramdisk("ramdisk_fs", &machine.fs_ram);
    reserve_ramdisk("ramdisk_swap", &machine.swap_ram);
    return scan.error;
}

uint64_t machine_ram_bytes(void)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < machine.ram_count; i++)
        bytes += machine.ram[i].bytes;
    return bytes - machine.fs_ram.bytes - machine.swap_ram.bytes;
}
