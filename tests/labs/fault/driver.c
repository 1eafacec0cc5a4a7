/*
 * The commands of the lab `fault`. Addresses are in pages, of a space of 64 pages, for which there
 * is one leaf table; beyond it there is none. ACCESS: 1 read, 2 write, 4 execute, 0 nothing.
 *
 * The table of cases, function by function. Each is told as = kind NAME
 *
 *     kind ACCESS FACTS ALLOWED BACKING ENTRY      fault_kind
 *     outside ...    absent ...    present ...     kind_outside, kind_absent, kind_present
 *
 * FACTS are the sum of 1 has_area, 2 is_stack_gap, 4 may_grow, 8 is_guard, 16 below_sp, 32
 * past_end, 64 is_shared, 128 is_zero_page. BACKING: 0 zero, 1 file whole, 2 file part. ENTRY is a
 * page-table entry.
 *
 * A space:
 *
 *     new                           empty; memory and rules are there
 *     area START END ACCESS         an area of memory comes
 *     stack START END LIMIT FLAGS   the stack's area, the lowest page to which it may grow, flags
 *                                   besides VMA_STACK
 *     entry PAGE BITS               an entry with these bits, and a frame of its own
 *     zero PAGE                     an entry that maps the zero page, for reading
 *     memory N                      N allocations and charges succeed from now on, then none
 *     rules N                       the space has rules; 0: which refuse a frame, 1: which do not
 *
 *     zero-read PAGE, zero-write PAGE     anon_zero_read, anon_zero_write on a fault there
 *     grow PAGE                           stack_grow
 *     copy PAGE OFFSET BYTES WAY          copy_in_page; WAY: 1 to the kernel, 2 to the user
 *
 *     touch PAGE ACCESS SP     all of it, as for a user's access: = touch KIND... END. SP: a page;
 *                              an address in it, at offset 2048, is accessed
 *     drop PAGE     share PAGE     own PAGE     swap PAGE     unmark PAGE
 *                              the entry is emptied, read-only, writable, in swap, without A and D
 *
 *     state
 *
 * Replies:
 *
 *     = result NAME         = brings zero|own|other|nothing BITS counter NAME refs R maps M
 *     = page private P family F index I content zeros|other
 *     = grow RESULT         = copied N user FROM TO kernel FROM TO same S entry BITS
 *     = area START END flags F
 *     = charged N area-bytes N frames N      pages of tables; of all areas; frames in use
 *     = entry PAGE zero|own BITS             each that is not empty
 *     = state
 *
 * = unlocked WHAT: bytes were copied, or the space was changed, and the lock was not held;
 * = still locked WHAT: it is at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "abi/errno.h"
#include "mem/frame.h"
#include "mmu/page_table.h"
#include "sync/printf.h"
#include "vm/faults/anon.h"
#include "vm/faults/fault.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/image.h"
#include "vm/replacement/family.h"

/* The windows have them. */
enum fault_kind lab_kind_outside(const struct fault_facts *facts);
enum fault_kind lab_kind_absent(const struct fault_facts *facts);
enum fault_kind lab_kind_present(const struct fault_facts *facts);
enum fault_kind lab_fault_kind(const struct fault_facts *facts);
size_t lab_copy_in_page(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                        enum user_copy way);

#define FRAMES 96u
#define FIRST_PFN 0x80000ul
#define PAGES 64u
#define JUNK 0xa5
#define AREAS 8u
#define OF_A_TOUCH 2048u

uint64_t host_direct_base;
struct page *frame_table, *frame_origin;
uint64_t frame_first, frame_count;
struct hart harts[MAX_HARTS];
bool commit_always;
const struct page_rules *extra_rules;
void (*frame_uncharge_hook)(const struct page *page);

static uint8_t *arena;
static uint8_t *before; /* the arena as it was */
static struct mm_struct mm;
static struct family family;
static struct vm_area_struct areas[AREAS];
static unsigned area_count;
static pte_t *leaf;
static struct page *zero_frame;
static uint64_t memory_left;
static bool rules_agree, mm_is_locked;
static struct commit sum;
static uint64_t seen; /* what the space was when its lock was released */

#define NAME(kind) [FAULT_KIND_##kind] = #kind
static const char *const kinds[] = {
    NAME(NO_AREA), NAME(GUARD), NAME(PERMISSION), NAME(PAST_END), NAME(STACK), NAME(ZERO_READ),
    NAME(ZERO_WRITE), NAME(ZERO_UPGRADE), NAME(FILE_MAP), NAME(FILE_COPY), NAME(FILE_SHARE),
    NAME(COPY_ON_WRITE), NAME(SWAP), NAME(MARK), NAME(SPURIOUS), NAME(CORRUPT)};

static const char *kind_name(enum fault_kind kind)
{
    return (unsigned)kind < sizeof kinds / sizeof kinds[0] && kinds[kind] ? kinds[kind] : "none";
}

static const char *result_name(enum fault_result result)
{
    return result == FAULT_BROUGHT      ? "BROUGHT"
           : result == FAULT_OK         ? "OK"
           : result == FAULT_RETRY      ? "RETRY"
           : result == FAULT_WANT_FRAME ? "WANT_FRAME"
           : result == FAULT_WANT_RULES ? "WANT_RULES"
                                        : "another";
}

/* ---- what stands in for the kernel ---- */

static bool take_memory(void)
{
    if (memory_left == 0)
        return false;
    memory_left--;
    return true;
}

static bool is_free(const struct page *page)
{
    return page->counts == 0;
}

struct page *frame_alloc(enum frame_class class, unsigned flags)
{
    struct page *page = frame_table;

    if (!take_memory())
        return NULL;
    while (page < frame_table + FRAMES && !is_free(page))
        page++;
    if (page == frame_table + FRAMES)
        return NULL;
    memset(page, 0, sizeof *page);
    page->counts = PAGE_REF;
    page->class = (uint8_t)class;
    memset(page_va(page), flags & FRAME_ZEROED ? 0 : JUNK, PAGE_SIZE);
    return page;
}

void frame_free(struct page *page)
{
    if (page->counts != 0)
        tell("freed in use");
    page->counts = 0;
}

int commit_charge(struct commit amount)
{
    if (!take_memory())
        return -ENOMEM;
    commit_add(&sum, 1, amount);
    return 0;
}

void commit_release(struct commit amount)
{
    commit_add(&sum, -1, amount);
}

/* Another number where an area, or what is charged, has changed. */
static uint64_t fingerprint(void)
{
    uint64_t number = mm.area_bytes * 3 + (uint64_t)mm.charged.unswappable * 5;

    for (unsigned i = 0; i < area_count; i++)
        number = number * 31 + areas[i].start + areas[i].end * 7;
    return number;
}

static void space_must_be_as_it_was(void)
{
    if (fingerprint() != seen)
        tell("unlocked the space");
    seen = fingerprint();
}

void rwlock_write_acquire(struct rwlock *lock)
{
    (void)lock;
    if (mm_is_locked)
        panic("the space's lock is taken twice");
    space_must_be_as_it_was();
    mm_is_locked = true;
}

void rwlock_write_release(struct rwlock *lock)
{
    (void)lock;
    if (!mm_is_locked)
        panic("the space's lock is released, and not held");
    mm_is_locked = false;
    seen = fingerprint();
}

static void table_must_be_locked(const char *what)
{
    if (!mm.page_table.lock.locked)
        tell("unlocked %s", what);
}

void page_copy(void *to, const void *from)
{
    table_must_be_locked("page_copy");
    memcpy(to, from, PAGE_SIZE);
}

void *xv39_memmove(void *to, const void *from, size_t bytes);
void *xv39_memmove(void *to, const void *from, size_t bytes)
{
    table_must_be_locked("memmove");
    return memmove(to, from, bytes);
}

void *xv39_memcpy(void *to, const void *from, size_t bytes);
void *xv39_memcpy(void *to, const void *from, size_t bytes)
{
    table_must_be_locked("memcpy");
    return memcpy(to, from, bytes);
}

void *xv39_memset(void *to, int byte, size_t bytes);
void *xv39_memset(void *to, int byte, size_t bytes)
{
    return memset(to, byte, bytes);
}

static bool charge_of_rules(struct vm_fault *fault, struct page *page)
{
    (void)fault, (void)page;
    return rules_agree;
}

static const struct page_rules rules = {.charge = charge_of_rules};

/* ---- a space ---- */

/* User bytes are below 128, the kernel's are above: so each byte that was copied differs. */
static uint8_t user_bytes[PAGE_SIZE], kernel_bytes[2 * PAGE_SIZE];

static void make_bytes(void)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        user_bytes[i] = (uint8_t)(i * 7 % 127 + 1);
    for (unsigned i = 0; i < 2 * PAGE_SIZE; i++)
        kernel_bytes[i] = (uint8_t)(128 + i * 13 % 127);
}

static pte_t pte_of(uint64_t page)
{
    return page < PAGES ? leaf[page] : 0;
}

static void new_frames(void)
{
    free(arena);
    free(before);
    free(frame_table);
    arena = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
    before = malloc(FRAMES * PAGE_SIZE);
    frame_table = calloc(FRAMES, sizeof *frame_table);
    memset(arena, JUNK, FRAMES * PAGE_SIZE);
    frame_first = FIRST_PFN;
    frame_count = FRAMES;
    frame_origin = frame_table - frame_first;
    host_direct_base = (uint64_t)arena - (frame_first << PAGE_SHIFT);
}

static void new_space(const uint64_t argument[])
{
    struct page *page;

    (void)argument;
    new_frames();
    make_bytes();
    memory_left = UINT64_MAX;
    memset(&mm, 0, sizeof mm);
    memset(areas, 0, sizeof areas);
    memset(&sum, 0, sizeof sum);
    area_count = 0;
    mm.family = &family;
    mm.number = 7;
    mm.page_table.levels = paging_levels = 3;
    mm.page_table.root = page_va(frame_alloc(FRAME_PAGE_TABLE, FRAME_ZEROED));
    page = frame_alloc(FRAME_PAGE_TABLE, FRAME_ZEROED);
    page->index = 0;
    leaf = page_va(page);
    mm.page_table.last_leaf = page;
    zero_frame = zero_page = frame_alloc(FRAME_KERNEL, FRAME_ZEROED);
    zero_pfn = page_pfn(zero_frame);
}

/* Where no area is. */
static void put_area(uint64_t start, uint64_t end, uint64_t access, unsigned flags)
{
    struct vm_area_struct *vma = &areas[area_count++ % AREAS];
    struct vma_range range = {0};

    for (unsigned i = 0; i < area_count - 1; i++) {
        struct vm_area_struct *each = &areas[i];

        if (each->start < start << PAGE_SHIFT && (!range.below || range.below->start < each->start))
            range.below = each;
        if (each->start > start << PAGE_SHIFT && (!range.above || range.above->start > each->start))
            range.above = each;
    }
    vma->start = start << PAGE_SHIFT;
    vma->end = end << PAGE_SHIFT;
    vma->access = vma->access_max = (uint16_t)(access * ACCESS_READ);
    vma->flags = flags;
    vma->mm = &mm;
    vma_insert(&mm, vma, &range);
    mm.area_bytes += vma->end - vma->start;
    mm.rules = NULL; /* of its own accord it has none here */
}

static void area(const uint64_t argument[])
{
    put_area(argument[0], argument[1], argument[2], 0);
}

static void stack(const uint64_t argument[])
{
    put_area(argument[0], argument[1], 3, VMA_STACK | (unsigned)argument[3]);
    mm.stack_limit = argument[2] << PAGE_SHIFT;
}

static struct vm_area_struct *area_above(uint64_t va)
{
    struct vm_area_struct *found = NULL;

    for (unsigned i = 0; i < area_count; i++)
        if (areas[i].end > va && (!found || areas[i].end < found->end))
            found = &areas[i];
    return found;
}

static void set_entry(const uint64_t argument[])
{
    struct page *page;

    if (argument[0] >= PAGES)
        return;
    page = frame_alloc(FRAME_ANON, 0);
    page->counts = PAGE_MAPPED_REF;
    leaf[argument[0]] = pte_make(page_pfn(page), argument[1]);
}

static void set_zero(const uint64_t argument[])
{
    leaf[argument[0] % PAGES] = pte_make_user(zero_pfn, ACCESS_READ);
}

static void set_memory(const uint64_t argument[])
{
    memory_left = argument[0];
}

static void set_rules(const uint64_t argument[])
{
    mm.rules = &rules;
    rules_agree = argument[0] != 0;
}

/* ---- telling ---- */

static unsigned long bits_of(pte_t entry)
{
    return (unsigned long)(entry & ~PTE_PFN_MASK);
}

static const char *frame_name(pte_t entry)
{
    uint64_t number = pte_pfn(entry).number;

    return number == page_pfn(zero_frame).number                     ? "zero"
           : number >= frame_first && number < frame_first + FRAMES ? "own"
                                                                    : "other";
}

static bool is_own(pte_t entry)
{
    return strcmp(frame_name(entry), "own") == 0;
}

static unsigned frames_in_use(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FRAMES; i++)
        count += !is_free(&frame_table[i]);
    return count - 3; /* without the zero page and two tables */
}

static void tell_state(void)
{
    struct vm_area_struct *vma = area_above(0);

    for (; vma; vma = area_above(vma->end))
        tell("area %lu %lu flags %u", (unsigned long)(vma->start >> PAGE_SHIFT),
             (unsigned long)(vma->end >> PAGE_SHIFT), vma->flags);
    tell("charged %ld area-bytes %lu frames %u", (long)mm.charged.unswappable,
         (unsigned long)mm.area_bytes, frames_in_use());
    for (unsigned i = 0; i < PAGES; i++)
        if (leaf[i])
            tell("entry %u %s %lu", i, frame_name(leaf[i]), bits_of(leaf[i]));
    tell("state");
}

static void look_at_locks(void)
{
    if (mm.page_table.lock.locked)
        tell("still locked the page table");
    if (mm_is_locked)
        tell("still locked the space");
    mm.page_table.lock.locked = 0;
    mm_is_locked = false;
}

/* ---- the table of cases ---- */

static struct fault_facts facts_of(const uint64_t argument[])
{
    uint64_t bits = argument[1];

    return (struct fault_facts){
        .access = (enum access)(argument[0] * ACCESS_READ),
        .has_area = bits & 1, .is_stack_gap = bits & 2, .may_grow = bits & 4,
        .is_guard = bits & 8, .below_sp = bits & 16, .past_end = bits & 32,
        .is_shared = bits & 64, .is_zero_page = bits & 128,
        .allowed = argument[2] * ACCESS_READ,
        .backing = argument[3] == 0   ? BACKING_ZERO
                   : argument[3] == 1 ? BACKING_FILE_WHOLE
                                      : BACKING_FILE_PART,
        .pte = argument[4]};
}

static void ask_kind(const uint64_t argument[])
{
    struct fault_facts facts = facts_of(argument);

    tell("kind %s", kind_name(lab_fault_kind(&facts)));
}

static void ask_outside(const uint64_t argument[])
{
    struct fault_facts facts = facts_of(argument);

    tell("kind %s", kind_name(lab_kind_outside(&facts)));
}

static void ask_absent(const uint64_t argument[])
{
    struct fault_facts facts = facts_of(argument);

    tell("kind %s", kind_name(lab_kind_absent(&facts)));
}

static void ask_present(const uint64_t argument[])
{
    struct fault_facts facts = facts_of(argument);

    tell("kind %s", kind_name(lab_kind_present(&facts)));
}

/* ---- zero-fill ---- */

static struct vm_fault fault_at(uint64_t page, enum access access)
{
    struct vm_area_struct *vma = area_above(page << PAGE_SHIFT);

    return (struct vm_fault){.mm = &mm, .vma = vma, .va = page << PAGE_SHIFT,
                             .address = (page << PAGE_SHIFT) + OF_A_TOUCH, .access = access,
                             .ptep = &leaf[page % PAGES], .old = pte_of(page), .counter = 999};
}

static bool is_zeros(const struct page *page)
{
    const uint8_t *byte = page_va(page);

    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (byte[i])
            return false;
    return true;
}

static void tell_brought(const struct vm_fault *fault)
{
    struct page *page = fault->brought;
    bool fits = page ? pte_pfn(fault->entry).number == page_pfn(page).number : true;

    tell("brings %s %lu counter %s refs %u maps %u",
         !fits ? "other" : fault->entry ? frame_name(fault->entry) : "nothing",
         bits_of(fault->entry),
         fault->counter == VM_STAT_FAULT_ZERO        ? "FAULT_ZERO"
         : fault->counter == VM_STAT_FAULT_ZERO_READ ? "FAULT_ZERO_READ"
                                                     : "another",
         page ? page_refs(page) : 0, page ? page_maps(page) : 0);
    if (page)
        tell("page private %d family %d index %lu content %s", page_test(page, PAGE_PRIVATE),
             page->family == &family && page->mapper == mm.number, (unsigned long)page->index,
             is_zeros(page) ? "zeros" : "other");
}

static void zero_fill(uint64_t page, bool is_store)
{
    struct vm_fault fault = fault_at(page, is_store ? ACCESS_WRITE : ACCESS_READ);
    enum fault_result result = is_store ? anon_zero_write(&fault) : anon_zero_read(&fault);

    tell("result %s", result_name(result));
    if (result == FAULT_BROUGHT)
        tell_brought(&fault);
    if (!is_zeros(zero_frame))
        tell("the zero page was written");
}

static void zero_read(const uint64_t argument[])
{
    zero_fill(argument[0], false);
}

static void zero_write(const uint64_t argument[])
{
    zero_fill(argument[0], true);
}

/* ---- copies ---- */

/* How much of now is not as it was: the first byte, and the one behind the last. */
static void find_change(const uint8_t *now, const uint8_t *was, size_t bytes, long *from, long *to)
{
    *from = *to = -1;
    if (memcmp(now, was, bytes) == 0)
        return;
    for (size_t i = 0; i < bytes; i++) {
        if (now[i] == was[i])
            continue;
        if (*from < 0)
            *from = (long)i;
        *to = (long)i + 1;
    }
}

/* The user's page, or NULL, and the rest of memory. */
static void tell_copied(size_t done, const uint8_t *user, size_t offset, const uint8_t *kernel,
                        pte_t entry)
{
    long from = -1, to = -1, kernel_from, kernel_to, elsewhere_from, elsewhere_to;
    size_t same = 0;

    find_change(kernel, kernel_bytes, 2 * PAGE_SIZE, &kernel_from, &kernel_to);
    if (user) {
        size_t start = (size_t)(user - arena);

        find_change(user, before + start, PAGE_SIZE, &from, &to);
        memcpy(before + start, user, PAGE_SIZE);
        while (same < done && offset + same < PAGE_SIZE && user[offset + same] == kernel[same])
            same++;
    }
    memcpy(before + ((uint8_t *)leaf - arena), leaf, PAGE_SIZE);
    find_change(arena, before, FRAMES * PAGE_SIZE, &elsewhere_from, &elsewhere_to);
    if (elsewhere_from >= 0)
        tell("elsewhere %ld", elsewhere_from);
    tell("copied %ld user %ld %ld kernel %ld %ld same %lu entry %lu", (long)done, from, to,
         kernel_from, kernel_to, (unsigned long)same, bits_of(entry));
}

static void copy(const uint64_t argument[])
{
    static uint8_t kernel[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    uint64_t page = argument[0];
    pte_t entry = pte_of(page);
    uint8_t *user = pte_has_frame(entry) ? page_va(pfn_page(pte_pfn(entry))) : NULL;
    size_t done;

    if (user && is_own(entry))
        memcpy(user, user_bytes, PAGE_SIZE);
    memcpy(kernel, kernel_bytes, sizeof kernel);
    memcpy(before, arena, FRAMES * PAGE_SIZE);
    done = lab_copy_in_page(&mm, (page << PAGE_SHIFT) + argument[1], kernel, argument[2],
                            (enum user_copy)(argument[3] * ACCESS_READ));
    tell_copied(done, user, argument[1], kernel, pte_of(page));
}

/* ---- the stack ---- */

static int grow_to(uint64_t va)
{
    int error;

    seen = fingerprint();
    error = stack_grow(&mm, va);
    if (!mm_is_locked)
        space_must_be_as_it_was();
    return error;
}

static void grow(const uint64_t argument[])
{
    tell("grow %d", grow_to(argument[0] << PAGE_SHIFT));
}

/* ---- all of it ---- */

static enum fault_kind kind_of_touch(const struct vm_fault *fault, uint64_t sp)
{
    struct vm_area_struct *vma = fault->vma;
    uint64_t limit = mm.stack_limit;
    bool below_stack = vma && (vma->flags & VMA_STACK);
    struct fault_facts facts = {.access = fault->access, .pte = fault->old,
                                .is_zero_page = pte_maps(fault->old, zero_pfn)};

    if (vma && vma->start <= fault->va) {
        facts.has_area = true;
        facts.allowed = vma->access;
        facts.below_sp = below_stack && fault->address < sp;
    } else {
        facts.is_stack_gap = below_stack && fault->va >= limit;
        facts.may_grow = fault->address >= sp;
        facts.is_guard = below_stack && fault->va < limit && fault->va >= limit - STACK_GUARD_BYTES;
    }
    return lab_fault_kind(&facts);
}

static char story[256]; /* the words of the reply */

static void add_word(const char *word)
{
    size_t length = strlen(story);

    snprintf(story + length, sizeof story - length, " %s", word);
}

/* Does what the kind wants. True: look again. */
static bool act(struct vm_fault *fault, enum fault_kind kind)
{
    enum fault_result result = FAULT_NO_VMA;

    if (kind == FAULT_KIND_STACK)
        return grow_to(fault->va) == 0;
    if (kind == FAULT_KIND_MARK)
        pte_mark(fault->ptep, fault->access);
    if (kind == FAULT_KIND_ZERO_READ)
        result = anon_zero_read(fault);
    else if (kind == FAULT_KIND_ZERO_WRITE || kind == FAULT_KIND_ZERO_UPGRADE)
        result = anon_zero_write(fault);
    if (result == FAULT_BROUGHT)
        *fault->ptep = fault->entry;
    else if (result != FAULT_NO_VMA)
        add_word(result_name(result));
    return false;
}

static void touch(const uint64_t argument[])
{
    uint64_t sp = (argument[2] << PAGE_SHIFT) + OF_A_TOUCH;
    int rounds = 0;
    bool again;

    story[0] = '\0';
    do {
        struct vm_fault fault = fault_at(argument[0], (enum access)(argument[1] * ACCESS_READ));
        enum fault_kind kind = kind_of_touch(&fault, sp);

        add_word(kind_name(kind));
        again = act(&fault, kind);
    } while (again && ++rounds < 3);
    tell("touch%s end", story);
}

static void drop(const uint64_t argument[])
{
    pte_t *ptep = &leaf[argument[0] % PAGES];

    if (pte_has_frame(*ptep) && is_own(*ptep))
        page_put_many(pfn_page(pte_pfn(*ptep)), PAGE_MAPPED_REF);
    *ptep = 0;
}

static void share(const uint64_t argument[])
{
    leaf[argument[0] % PAGES] &= ~(pte_t)PTE_W;
}

static void own(const uint64_t argument[])
{
    pte_t *ptep = &leaf[argument[0] % PAGES];

    if (pte_allows(*ptep, ACCESS_READ) && is_own(*ptep))
        pte_write_allow(ptep);
}

static void swap_out(const uint64_t argument[])
{
    drop(argument);
    leaf[argument[0] % PAGES] = pte_make_swap((swp_entry_t){(uint32_t)argument[0] + 1});
}

static void unmark(const uint64_t argument[])
{
    leaf[argument[0] % PAGES] &= ~(pte_t)(PTE_A | PTE_D);
}

static void state(const uint64_t argument[])
{
    (void)argument;
    tell_state();
}

static const struct {
    const char *name;
    void (*act)(const uint64_t argument[]);
} commands[] = {
    {"kind", ask_kind}, {"outside", ask_outside}, {"absent", ask_absent}, {"present", ask_present},
    {"new", new_space}, {"area", area}, {"stack", stack}, {"entry", set_entry}, {"zero", set_zero},
    {"memory", set_memory}, {"rules", set_rules}, {"zero-read", zero_read},
    {"zero-write", zero_write}, {"grow", grow}, {"copy", copy}, {"touch", touch}, {"drop", drop},
    {"share", share}, {"own", own}, {"swap", swap_out}, {"unmark", unmark}, {"state", state},
};

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    (void)count;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        commands[i].act(argument);
        look_at_locks();
        return true;
    }
    return false;
}
