/*
 * Where what is in memory, for the host. tests/reader opens the machine's RAM from outside, finds
 * the kernel's variables by their ELF symbols and what is inside of structs by this table, so it
 * needs neither a compiler nor a copy of any header. The kernel itself does not read it.
 *
 * A row is a member ("page.flags": its offset and size), a struct ("page": 0 and its size) or a
 * number ("PAGE_DIRTY": the value, and size 0). Rows may come and go, and the reader notices; where
 * a row keeps its name and changes its meaning, the version goes up.
 */

#include "lib/rbtree.h"
#include "mem/page.h"
#include "mem/vm_stat.h"
#include "mmu/page_table.h"
#include "proc/process.h"
#include "riscv/hart.h"
#include "riscv/machine.h"
#include "sync/trace.h"
#include "vm/lru.h"
#include "vm/mm.h"
#include "vm/quota.h"
#include "vm/swap_io.h"
#include "vm/vma.h"

struct layout_row {
    char name[40];
    uint32_t offset, size;
};

#define MEMBER(type, member) \
    {#type "." #member, offsetof(struct type, member), sizeof(((struct type *)NULL)->member)}
#define STRUCT(type) {#type, 0, sizeof(struct type)}
#define NUMBER(name) {#name, name, 0}

extern const struct layout_row kernel_layout[];
extern const uint32_t kernel_layout_version;

const uint32_t kernel_layout_version = 2;

const struct layout_row kernel_layout[] = {
    STRUCT(page),
    MEMBER(page, counts),
    MEMBER(page, flags),
    MEMBER(page, order),
    MEMBER(page, class),
    MEMBER(page, lru),
    MEMBER(page, owner),
    MEMBER(page, index),
    MEMBER(page, slot),
    NUMBER(PAGE_LOCKED),
    NUMBER(PAGE_UPTODATE),
    NUMBER(PAGE_DIRTY),
    NUMBER(PAGE_WRITEBACK),
    NUMBER(PAGE_ERROR),
    NUMBER(PAGE_ON_LRU),
    NUMBER(PAGE_BUDDY),
    NUMBER(PAGE_CACHED),
    NUMBER(PAGE_CHARGED),
    NUMBER(PAGE_PRIVATE),
    NUMBER(PAGE_KEPT),
    NUMBER(FRAME_FREE),
    NUMBER(FRAME_KERNEL),
    NUMBER(FRAME_PAGE_TABLE),
    NUMBER(FRAME_STACK),
    NUMBER(FRAME_SLAB),
    NUMBER(FRAME_ANON),
    NUMBER(FRAME_FILE),
    NUMBER(FRAME_BUFFER),

    MEMBER(list_head, next),
    MEMBER(list_head, prev),
    MEMBER(rb_root, node),
    MEMBER(rb_node, left),
    MEMBER(rb_node, right),

    MEMBER(lru_node, link),
    MEMBER(lru_node, stamp),
    MEMBER(page_lru, list),
    MEMBER(lru_list, ops),
    MEMBER(lru_list, pages),
    MEMBER(lru_list, count),
    MEMBER(lru_list, capacity),
    MEMBER(lru_ops, name),
    MEMBER(quota, list),
    MEMBER(quota_entry, node),
    MEMBER(quota_entry, va),

    MEMBER(process, pid),
    MEMBER(process, state),
    MEMBER(process, parent),
    MEMBER(process, all_link),
    MEMBER(process, thread_count),
    MEMBER(process, mm),
    MEMBER(process, name),
    MEMBER(thread, process),
    MEMBER(thread, name),

    MEMBER(mm_struct, page_table),
    MEMBER(mm_struct, vmas),
    MEMBER(mm_struct, resident),
    MEMBER(mm_struct, swapped),
    MEMBER(mm_struct, family),
    MEMBER(mm_struct, quota),
    MEMBER(page_table, root),
    MEMBER(page_table, levels),
    NUMBER(PTE_SOFT_NONE),
    NUMBER(PTE_SOFT_LOCKED),
    NUMBER(PTE_SOFT_SWAP),
    NUMBER(PTE_PFN_SHIFT),

    MEMBER(vm_area_struct, node),
    MEMBER(vm_area_struct, start),
    MEMBER(vm_area_struct, end),
    MEMBER(vm_area_struct, access),
    MEMBER(vm_area_struct, flags),
    MEMBER(vm_area_struct, mm),
    MEMBER(vm_area_struct, object),
    MEMBER(vm_area_struct, offset),
    MEMBER(vm_area_struct, file_bytes),
    NUMBER(VMA_STACK),
    NUMBER(VMA_HEAP),
    NUMBER(VMA_UNRESERVED),
    NUMBER(VMA_SHARED),
    NUMBER(VMA_CHARGED),
    NUMBER(VMA_LOCKED),
    NUMBER(VMA_IMAGE),
    MEMBER(vm_object, size),
    MEMBER(vm_object, pages),
    MEMBER(page_tree, root),
    MEMBER(page_tree, height),
    NUMBER(PAGE_TREE_BITS),

    MEMBER(swap_info, device),
    MEMBER(swap_info, slots),
    MEMBER(swap_info, used),
    MEMBER(swap_info, retired),
    MEMBER(swap_info, with_page),
    MEMBER(swap_info, idle),
    MEMBER(swap_info, uses),
    MEMBER(swap_info, cached),
    MEMBER(swap_info, stamp),
    NUMBER(USES_MASK),
    NUMBER(SLOT_CHARGED),
    NUMBER(SLOT_RETIRED),
    MEMBER(block_device, serial),
    MEMBER(block_device, sectors),

    STRUCT(region),
    MEMBER(region, start),
    MEMBER(region, bytes),
    MEMBER(machine, no_map),
    MEMBER(machine, no_map_count),
    STRUCT(hart),
    MEMBER(hart, thread),
    MEMBER(hart, trace_on),
    MEMBER(hart, events),
    NUMBER(VM_STAT_FAULT_SWAP),
    NUMBER(VM_STAT_PGIN),
    NUMBER(VM_STAT_PGOUT),
    NUMBER(VM_STAT_REFAULT),
    NUMBER(VM_STAT_SCAN),
    NUMBER(VM_STAT_EVICT_CLEAN),
    NUMBER(VM_STAT_EVICT_DIRTY),
    NUMBER(VM_STAT_LEDGER),

    STRUCT(trace_ring),
    MEMBER(trace_ring, records),
    MEMBER(trace_ring, capacity),
    MEMBER(trace_ring, written),
    STRUCT(trace_record),
    NUMBER(TRACE_FAULT),
    NUMBER(TRACE_MAP),
    NUMBER(TRACE_EVICT),
    NUMBER(TRACE_SWAP_IN),
    NUMBER(TRACE_SWAP_OUT),
    NUMBER(TRACE_FLUSH),
    NUMBER(TRACE_SHOOTDOWN),
    NUMBER(TRACE_ALLOC),
    NUMBER(TRACE_FREE),
    NUMBER(TRACE_SWITCH),
    NUMBER(TRACE_REFAULT),
};
