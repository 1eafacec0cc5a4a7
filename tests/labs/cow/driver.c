/*
 * The commands of the lab `cow`: address spaces of 16 pages each, and the frames behind them.
 *
 *     new FRAMES ZERO         so many frames, none in use; frame ZERO is the zero page
 *     map S I FRAME BITS      page I of space S is present, with these bits; the frame counts it,
 *                             but for the zero page
 *     none S I FRAME BITS     ... is kept by PROT_NONE; BITS may have the one for mlock
 *     swap S I SLOT           ... is in that slot, which counts it
 *     frame FRAME FLAGS SLOT MORE   flags; its slot (0: none) + 1; references that are no entries'
 *     uses SLOT N
 *     fill FRAME N            content that depends on N
 *     room N                  so many more frames can be allocated; at first: all that are free
 *     refuse                  the rules of the space refuse the charge for a page
 *
 * One function of the student's alone:
 *
 *     share A B FIRST COUNT P entries_share: from space A to space B; P: *protected before.
 *                             = shared MAPPED protected P
 *     reuse S I               cow_reuse for page I's frame: = reuse 0|1
 *     copy S I                cow_copy: = copy RESULT frame F old SUM new SUM bits BITS counter C
 *
 * All together, as a machine would: each space has a TLB, which is emptied where the kernel would.
 *
 *     touch S I VALUE         a frame of its own, writable, with that value
 *     fork A B                B is empty before
 *     store S I VALUE         = stored by hit|reuse|copy, or = stored not
 *     load S I                = value V, or = no page
 *     exit S
 *
 *     quiet 0|1, state        as in other labs: what is told after each command
 *
 *     = entry S I KIND NUMBER BITS   where not empty
 *     = frame F refs R maps M slot N flags F    where something is not 0
 *     = slot N uses U
 *     = space S resident R swapped N            where something is not 0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "mem/frame.h"
#include "vm/faults/anon.h"
#include "vm/replacement/family.h"
#include "vm/swapping/swap.h"

uint64_t lab_entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                           pte_t *from, pte_t *to, uint64_t count, bool *protected);
bool lab_cow_reuse(struct vm_fault *fault, struct page *page);
enum fault_result lab_cow_copy(struct vm_fault *fault, struct page *old);

#define SPACES 6u
#define PAGES 16u
#define SLOTS 64u
#define BASE 0x40000000ul

struct space {
    struct mm_struct mm;
    struct vm_area_struct vma;
    pte_t *entry; /* exactly so many: the sanitizer sees who looks beyond */
    pte_t tlb[PAGES];
};

static struct space *spaces_of_lab;
static struct page_rules refusing;
static struct family family;
static uint8_t *arena;
static uint64_t frames, room;
static uint16_t uses[SLOTS];
static bool is_quiet;

struct page *frame_table, *frame_origin;
uint64_t frame_first, frame_count;
uint64_t host_direct_base;

/* ---- what stands in for the kernel ---- */

struct page *frame_alloc(enum frame_class class, unsigned flags)
{
    for (uint64_t i = 0; room > 0 && i < frames; i++) {
        struct page *page = &frame_table[i];

        if (page->counts != 0 || i == zero_pfn.number)
            continue;
        memset(page, 0, sizeof(*page));
        memset(arena + i * PAGE_SIZE, flags & FRAME_ZEROED ? 0 : 0xa5, PAGE_SIZE);
        page->counts = PAGE_REF;
        page->class = (uint8_t)class;
        room--;
        return page;
    }
    return NULL;
}

void frame_free(struct page *page)
{
    tell("freed %ld", (long)(page - frame_table));
    page->flags = 0;
    page->slot = 0;
    room++;
}

static uint16_t *uses_of(swp_entry_t slot)
{
    if (slot.number >= SLOTS)
        panic("slot %u: there is no such slot", slot.number);
    return &uses[slot.number];
}

uint32_t swap_slot_uses(swp_entry_t slot)
{
    return *uses_of(slot);
}

void swap_slot_get(swp_entry_t slot)
{
    (*uses_of(slot))++;
}

void swap_slot_put(swp_entry_t slot)
{
    if (*uses_of(slot) == 0)
        panic("slot %u is given back, and has no use", slot.number);
    (*uses_of(slot))--;
}

void swap_cache_remove(struct page *page, uint16_t ended)
{
    if (page->slot == 0)
        panic("a page parts from its slot, and has none");
    tell("parted %ld from slot %u, uses ended %u", (long)(page - frame_table), page->slot - 1,
         ended);
    *uses_of(page_swap_slot(page)) -= ended;
    page->slot = 0;
    page_clear_flag(page, PAGE_DIRTY);
}

static bool refuse(struct vm_fault *fault, struct page *page)
{
    (void)fault, (void)page;
    return false;
}

/* ---- the state ---- */

static uint64_t sum_of(const void *page) /* FNV-1a */
{
    uint64_t sum = 0xcbf29ce484222325ul;

    for (size_t i = 0; i < PAGE_SIZE; i++)
        sum = (sum ^ ((const uint8_t *)page)[i]) * 0x100000001b3ul;
    return sum;
}

static void tell_space(unsigned number)
{
    static const char *const kinds[] = {"empty", "present", "none", "swap"};
    struct space *space = &spaces_of_lab[number];

    for (unsigned i = 0; i < PAGES; i++) {
        pte_t entry = space->entry[i];

        if (entry != 0)
            tell("entry %u %u %s %lu %lu", number, i, kinds[pte_kind(entry)],
                 (unsigned long)pte_pfn(entry).number, (unsigned long)(entry & ~PTE_PFN_MASK));
    }
    if (space->mm.resident || space->mm.swapped)
        tell("space %u resident %lu swapped %lu", number, (unsigned long)space->mm.resident,
             (unsigned long)space->mm.swapped);
}

static void tell_state(void)
{
    for (unsigned i = 0; i < SPACES; i++)
        tell_space(i);
    for (uint64_t i = 0; i < frames; i++) {
        struct page *page = &frame_table[i];

        if (page->counts || page->slot)
            tell("frame %lu refs %u maps %u slot %u flags %u", (unsigned long)i, page_refs(page),
                 page_maps(page), page->slot, page->flags);
    }
    for (unsigned i = 0; i < SLOTS; i++)
        if (uses[i])
            tell("slot %u uses %u", i, uses[i]);
    tell("state");
}

static void make_new(uint64_t count, uint64_t zero)
{
    if (!spaces_of_lab)
        spaces_of_lab = calloc(SPACES, sizeof(*spaces_of_lab));
    memset(spaces_of_lab, 0, SPACES * sizeof(*spaces_of_lab));
    for (unsigned i = 0; i < SPACES; i++) {
        struct space *space = &spaces_of_lab[i];

        space->entry = calloc(PAGES, sizeof(pte_t));
        space->mm.family = &family;
        space->mm.number = (uint16_t)i;
        space->vma.access = ACCESS_READ | ACCESS_WRITE;
        space->vma.mm = &space->mm;
        space->vma.start = BASE;
        space->vma.end = BASE + PAGES * PAGE_SIZE;
    }
    memset(uses, 0, sizeof(uses));
    frames = frame_count = room = count;
    frame_table = frame_origin = calloc(count, sizeof(struct page));
    arena = calloc(count, PAGE_SIZE);
    host_direct_base = (uint64_t)arena;
    zero_page = &frame_table[zero];
    zero_pfn = (pfn_t){zero};
    refusing.charge = refuse;
}

static void set_entry(uint64_t number, uint64_t i, uint64_t frame, uint64_t bits)
{
    spaces_of_lab[number].entry[i] = pte_make((pfn_t){frame}, bits);
    if (frame == zero_pfn.number && (bits & PTE_V))
        return;
    if (frame_table[frame].counts == 0)
        frame_table[frame].flags = PAGE_PRIVATE;
    frame_table[frame].counts += PAGE_MAPPED_REF;
}

static void fill(uint64_t frame, uint64_t n)
{
    uint64_t *word = (uint64_t *)(arena + frame * PAGE_SIZE);

    for (size_t i = 0; i < PAGE_SIZE / sizeof(*word); i++)
        word[i] = (n + 1) * 0x9e3779b97f4a7c15ul + i * i;
}

/* ---- the student's functions, one alone ---- */

static struct vm_fault fault_at(struct space *space, uint64_t i)
{
    return (struct vm_fault){
        .mm = &space->mm, .vma = &space->vma, .va = BASE + i * PAGE_SIZE, .access = ACCESS_WRITE,
        .address = BASE + i * PAGE_SIZE + 8, .ptep = &space->entry[i], .old = space->entry[i],
    };
}

/* As anon_copy_on_write() does it: with the locks that the contract says. */
static bool reuse(struct space *space, struct vm_fault *fault, struct page *page)
{
    bool taken;

    spin_lock(&space->mm.page_table.lock);
    page_set(page, PAGE_LOCKED);
    taken = lab_cow_reuse(fault, page);
    page_clear_flag(page, PAGE_LOCKED);
    spin_unlock(&space->mm.page_table.lock);
    return taken;
}

static enum fault_result copy(struct vm_fault *fault, struct page *old)
{
    bool is_private = page_test(old, PAGE_PRIVATE);
    enum fault_result result;

    page_get(old);
    if (is_private)
        page_set(old, PAGE_LOCKED);
    fault_hold(fault, old, is_private);
    result = lab_cow_copy(fault, old);
    page_clear_flag(old, PAGE_LOCKED);
    page_put(old);
    return result;
}

static void copy_alone(struct space *space, uint64_t i)
{
    struct vm_fault fault = fault_at(space, i);
    struct page *old = pfn_page(pte_pfn(fault.old));
    uint64_t before = sum_of(page_va(old));
    enum fault_result result = copy(&fault, old);

    if (result == FAULT_BROUGHT && fault.brought)
        tell("copy brought frame %ld old %lx new %lx maps %lu bits %lu counter %u",
             (long)(fault.brought - frame_table), (unsigned long)before,
             (unsigned long)sum_of(page_va(fault.brought)),
             (unsigned long)pte_pfn(fault.entry).number,
             (unsigned long)(fault.entry & ~PTE_PFN_MASK), fault.counter);
    else
        tell("copy %s", result == FAULT_WANT_FRAME ? "wants a frame"
                        : result == FAULT_WANT_RULES ? "wants the rules"
                        : result == FAULT_BROUGHT ? "brought nothing" : "has another result");
}

/* ---- all together ---- */

static void touch(struct space *space, uint64_t i, uint64_t value)
{
    struct vm_fault fault = fault_at(space, i);
    enum fault_result why;
    struct page *page = anon_page_alloc(&fault, FRAME_ZEROED, &why);

    if (!page) {
        tell("touched not");
        return;
    }
    *(uint64_t *)page_va(page) = value;
    space->entry[i] = pte_make_user(page_pfn(page), ACCESS_READ | ACCESS_WRITE);
    space->mm.resident++;
}

static void fork_space(unsigned from, unsigned to)
{
    struct space *parent = &spaces_of_lab[from], *child = &spaces_of_lab[to];
    bool protected = false;

    child->mm.resident += lab_entries_share(&parent->mm.page_table, &child->mm, BASE,
                                            parent->entry, child->entry, PAGES, &protected);
    if (protected)
        memset(parent->tlb, 0, sizeof(parent->tlb));
}

static void put_value(struct space *space, uint64_t i, pte_t entry, uint64_t value)
{
    space->tlb[i] = entry;
    *(uint64_t *)page_va(pfn_page(pte_pfn(entry))) = value;
}

static const char *store(struct space *space, uint64_t i, uint64_t value)
{
    struct vm_fault fault = fault_at(space, i);
    struct page *old = pfn_page(pte_pfn(fault.old));
    pte_t cached = pte_allows(space->tlb[i], ACCESS_WRITE) ? space->tlb[i] : space->entry[i];

    if (pte_kind(space->entry[i]) != PTE_PRESENT)
        return "not";
    if (pte_allows(cached, ACCESS_WRITE)) {
        put_value(space, i, cached, value);
        return "hit";
    }
    if (reuse(space, &fault, old)) {
        put_value(space, i, space->entry[i], value);
        return "reuse";
    }
    if (copy(&fault, old) != FAULT_BROUGHT || !fault.brought)
        return "not";
    space->entry[i] = fault.entry;
    page_put_many(old, PAGE_MAPPED_REF);
    put_value(space, i, space->entry[i], value);
    return "copy";
}

static void load(struct space *space, uint64_t i)
{
    pte_t entry = pte_kind(space->tlb[i]) == PTE_PRESENT ? space->tlb[i] : space->entry[i];

    if (pte_kind(entry) != PTE_PRESENT) {
        tell("no page");
        return;
    }
    space->tlb[i] = entry;
    tell("value %lu", (unsigned long)*(uint64_t *)page_va(pfn_page(pte_pfn(entry))));
}

static void exit_space(struct space *space)
{
    for (unsigned i = 0; i < PAGES; i++) {
        if (pte_kind(space->entry[i]) == PTE_PRESENT)
            page_put_many(pfn_page(pte_pfn(space->entry[i])), PAGE_MAPPED_REF);
        space->entry[i] = space->tlb[i] = 0;
    }
    space->mm.resident = space->mm.swapped = 0;
}

/* ---- commands ---- */

static bool given(const char *name, const uint64_t a[])
{
    if (strcmp(name, "new") == 0)
        make_new(a[0], a[1]);
    else if (strcmp(name, "map") == 0 || strcmp(name, "none") == 0)
        set_entry(a[0], a[1], a[2], a[3]);
    else if (strcmp(name, "swap") == 0)
        spaces_of_lab[a[0]].entry[a[1]] = pte_make_swap((swp_entry_t){(uint32_t)a[2]}),
        uses[a[2]]++;
    else if (strcmp(name, "frame") == 0)
        frame_table[a[0]].flags = (uint32_t)a[1], frame_table[a[0]].slot = (uint32_t)a[2],
        frame_table[a[0]].counts += a[3] * PAGE_REF;
    else if (strcmp(name, "uses") == 0)
        uses[a[0]] = (uint16_t)a[1];
    else if (strcmp(name, "fill") == 0)
        fill(a[0], a[1]);
    else if (strcmp(name, "room") == 0)
        room = a[0];
    else if (strcmp(name, "refuse") == 0)
        for (unsigned i = 0; i < SPACES; i++)
            spaces_of_lab[i].mm.rules = &refusing;
    else if (strcmp(name, "quiet") == 0)
        is_quiet = a[0] != 0;
    else
        return false;
    return true;
}

static bool tried(const char *name, const uint64_t a[])
{
    struct space *space = &spaces_of_lab[a[0]];

    if (strcmp(name, "share") == 0) {
        struct space *child = &spaces_of_lab[a[1]];
        bool protected = a[4] != 0;
        uint64_t mapped;

        spin_lock(&space->mm.page_table.lock);
        mapped = lab_entries_share(&space->mm.page_table, &child->mm, BASE + a[2] * PAGE_SIZE,
                                   &space->entry[a[2]], &child->entry[a[2]], a[3], &protected);
        spin_unlock(&space->mm.page_table.lock);
        tell("shared %lu protected %d", (unsigned long)mapped, protected);
    } else if (strcmp(name, "reuse") == 0) {
        struct vm_fault fault = fault_at(space, a[1]);

        tell("reuse %d", reuse(space, &fault, pfn_page(pte_pfn(fault.old))));
    } else if (strcmp(name, "copy") == 0) {
        copy_alone(space, a[1]);
    } else if (strcmp(name, "touch") == 0) {
        touch(space, a[1], a[2]);
    } else if (strcmp(name, "fork") == 0) {
        fork_space((unsigned)a[0], (unsigned)a[1]);
    } else if (strcmp(name, "store") == 0) {
        tell("stored by %s", store(space, a[1], a[2]));
    } else if (strcmp(name, "load") == 0) {
        load(space, a[1]);
    } else if (strcmp(name, "exit") == 0) {
        exit_space(space);
    } else {
        return strcmp(name, "state") == 0;
    }
    return true;
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    (void)count;
    if (given(name, argument))
        return true;
    if (!tried(name, argument))
        return false;
    if (!is_quiet || strcmp(name, "state") == 0)
        tell_state();
    return true;
}
