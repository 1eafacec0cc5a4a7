/*
 * The kernel's half of every address space: direct map, stacks, image (riscv/memlayout.h).
 *
 * What always holds:
 *   - When kernel_map_init returns, the kernel's root has every entry that it will ever use. So the
 *     roots of user spaces may copy them.
 *   - All leaves are global; none is both writable and executable. A and D are set, so that no
 *     machine faults to have them set.
 *   - Read-only parts of the image are read-only in the direct map, too. Memory that the firmware
 *     reserves with "no-map" is not mapped at all, so not even a speculative load can reach it.
 */
#include "mmu/kernel_map.h"

#include "lib/string.h"
#include "mmu/asid.h"
#include "mmu/page_table.h"
#include "mmu/satp.h"
#include "riscv/machine.h"
#include "sync/printf.h"

#define KERNEL_LEAF (PTE_V | PTE_G | PTE_A | PTE_D)
#define KERNEL_RW (KERNEL_LEAF | PTE_R | PTE_W)
#define KERNEL_RX (KERNEL_LEAF | PTE_R | PTE_X)
#define KERNEL_RO (KERNEL_LEAF | PTE_R)

extern char _start[], __text_start[], __text_end[], __rodata_start[], __rodata_end[];
extern char __data_start[], __bss_end[], _end[];
extern uint64_t boot_root_sv39[], boot_root_sv48[], boot_root_sv57[];

uint64_t image_pa(const void *symbol)
{
    return (uint64_t)symbol - (uint64_t)_start + kernel_load_pa;
}

/*
 * Does this machine have the mode? Tries to write it into satp. The boot tables of all modes map
 * the same upper half, so the kernel goes on running in it. If it has, the mode is active now.
 */
static bool mode_works(uint32_t levels)
{
    const uint64_t *root = levels == 3   ? boot_root_sv39
                           : levels == 4 ? boot_root_sv48
                                         : boot_root_sv57;
    uint64_t satp = (SATP_SV39 + levels - 3) << SATP_MODE_SHIFT | image_pa(root) >> PAGE_SHIFT;

    csr_write(satp, satp);
    __asm__ volatile("sfence.vma" : : : "memory");
    return csr_read(satp) == satp; /* writing a mode that does not exist has no effect */
}

void paging_init(const char *mode)
{
    static const char *const names[] = {"sv39", "sv48", "sv57"};
    uint32_t levels = 3;

    if (mode && strcmp(mode, "auto") != 0) {
        while (levels <= MAX_LEVELS && strcmp(mode, names[levels - 3]) != 0)
            levels++;
        if (levels > MAX_LEVELS || !mode_works(levels)) {
            printf("xv39: paging=%s: %s; try PAGING=auto\n", mode,
                   levels > MAX_LEVELS ? "auto, sv39, sv48 and sv57 are known"
                                       : "this machine does not have it");
            power_off(1);
        }
    } else {
        for (levels = MAX_LEVELS; !mode_works(levels); levels--) /* the last one works */
            assert(levels > 3);
    }
    paging_levels = levels;
}

/* Maps one leaf at the given level: 0: 4 KiB, 1: 2 MiB, 2: 1 GiB. */
static void map_leaf(uint64_t va, uint64_t pa, uint64_t bits, uint32_t leaf_level)
{
    pte_t *entries = kernel_page_table.root;
    pte_t *ptep;

    for (uint32_t level = paging_levels - 1; level > leaf_level; level--) {
        ptep = &entries[pte_index(va, level)];
        if (pte_kind(*ptep) == PTE_EMPTY) {
            struct page *page = allocate_page_table(0);

            assert(page);
            pte_set(ptep, pte_make(page_pfn(page), PTE_V));
        }
        assert(pte_is_table(*ptep));
        entries = direct_va(pte_pfn(*ptep).number << PAGE_SHIFT);
    }
    ptep = &entries[pte_index(va, leaf_level)];
    pte_set(ptep, pte_make((pfn_t){pa >> PAGE_SHIFT}, bits));
}

/* Maps the range, with leaves as large as its alignment allows. */
static void map_range(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t bits)
{
    while (bytes > 0) {
        uint32_t level = 2;
        uint64_t size = 1ul << 30;

        while (level > 0 && (((va | pa) & (size - 1)) || bytes < size)) {
            level--;
            size >>= 9;
        }
        map_leaf(va, pa, bits, level);
        va += size;
        pa += size;
        bytes -= size;
    }
}

/* Parts of RAM that the direct map maps read-only, or not at all. */
struct exception {
    uint64_t start, end, bits; /* bits 0: not mapped */
};
static struct exception exceptions[MACHINE_REGIONS + 2];
static uint32_t exception_count;

static void except(uint64_t start, uint64_t end, uint64_t bits)
{
    exceptions[exception_count++] = (struct exception){start, end, bits};
}

/* Maps the RAM of [start, end), except as exceptions[next] and those after it say. */
static void map_ram(uint64_t start, uint64_t end, uint32_t next)
{
    for (; next < exception_count; next++) {
        uint64_t from = exceptions[next].start > start ? exceptions[next].start : start;
        uint64_t to = exceptions[next].end < end ? exceptions[next].end : end;

        if (from >= to)
            continue;
        map_ram(start, from, next + 1);
        if (exceptions[next].bits)
            map_range(DIRECT_BASE + from, from, to - from, exceptions[next].bits);
        start = to;
    }
    map_range(DIRECT_BASE + start, start, end - start, KERNEL_RW);
}

static void map_all_ram(void)
{
    for (uint32_t i = 0; i < machine.no_map_count; i++)
        except(machine.no_map[i].start, machine.no_map[i].start + machine.no_map[i].bytes, 0);
    except(image_pa(__text_start), image_pa(__rodata_end), KERNEL_RO);
    except(image_pa(__bss_end), image_pa(_end), KERNEL_RO);
    for (uint32_t i = 0; i < machine.ram_count; i++)
        map_ram(machine.ram[i].start, machine.ram[i].start + machine.ram[i].bytes, 0);
}

static void map_device(const struct region *region)
{
    uint64_t start = PAGE_ROUND_DOWN(region->start);
    uint64_t end = PAGE_ROUND_UP(region->start + region->bytes);

    if (region->bytes)
        map_range(DIRECT_BASE + start, start, end - start, KERNEL_RW);
}

static void map_image(const char *start, const char *end, uint64_t bits)
{
    map_range((uint64_t)start, image_pa(start), PAGE_ROUND_UP((uint64_t)(end - start)), bits);
}

void kernel_map_init(void)
{
    struct table_supply supply = {.count = 0};
    int error;

    tlb_check_init();
    error = page_table_init(&kernel_page_table, paging_levels);
    assert(error == 0);
    map_all_ram();
    map_device(&machine.plic.registers);
    map_device(&machine.uart.registers);
    map_device(&machine.test.registers);
    for (uint32_t i = 0; i < machine.virtio_count; i++)
        map_device(&machine.virtio[i].registers);
    map_image(__text_start, __text_end, KERNEL_RX);
    map_image(__rodata_start, __rodata_end, KERNEL_RO);
    map_image(__data_start, __bss_end, KERNEL_RW);
    map_image(__bss_end, _end, KERNEL_RO); /* the symbols for backtraces */

    /* All tables for kernel stacks: so the root has its entry, and no stack ever needs a table. */
    for (uint64_t at = 0; at < STACK_SLOTS * STACK_SLOT; at += LEAF_TABLE_SPAN) {
        error = table_supply_fill(&supply, paging_levels, 0);
        assert(error == 0);
        walk_page_table(&kernel_page_table, STACK_BASE + at, &supply);
    }
    table_supply_drop(&supply);

    csr_write(satp, kernel_satp());
    __asm__ volatile("sfence.vma" : : : "memory");
    asid_init();
}

uint64_t kernel_satp(void)
{
    return satp_make(&kernel_page_table, 0);
}
