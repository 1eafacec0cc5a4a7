/*
 * The TLB checker. QEMU flushes everything at each fence and at each switch of address spaces. So
 * running a program does not show what a real hart might still cache. The checker computes that,
 * from the operands of the fences (privileged specification, "Supervisor Memory-Management Fence
 * Instruction").
 *
 * The model of a hart is: the table and the ASID in its satp; and for each ASID, the table from
 * which it may have cached entries under that number. When a valid entry loses its frame or a
 * permission, a tlb_entry records the old one, and all harts that may cache the table. A fence on a
 * hart removes the hart from the records that it covers.
 *
 * The thread that changed an entry may go on until it relies on the change: until it returns to
 * user mode, or frees the frame. Up to then other harts may use the old entry. A hart that has left
 * the address space need not be fenced if it must flush when it comes back (stale_on). Its records
 * are then replaced by one, tlb_space.stale_at, which must be gone when it has entered.
 *
 * Instructions. Time is a counter, which is increased by each allocation of a frame, each fence.i,
 * and each thread that leaves a hart. The content of a frame was written after the frame was
 * allocated. So a hart with an older last fence.i may still hold instructions of what was there
 * before.
 *
 * What always holds: a change is recorded after it was made, and a fence removes records before it
 * is executed. In between there is a record too many, never one too few.
 */
#ifdef SAN
#include "mmu/tlb_check.h"

#include "lib/string.h"
#include "mem/frame.h"
#include "mmu/page_table.h"
#include "sync/ksyms.h"
#include "sync/printf.h"

#define TLB_ENTRIES 4096u
#define TLB_ASIDS (1u << TLB_CHECK_ASID_BITS)
#define PERMISSION (PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

/* Old entries that harts may still cache. guards: l = manager.lock, all of it */
struct tlb_entry {
    struct page_table *table;
    struct thread *changer;
    /* more than one page if they were changed alike, in order */
    uint64_t start, end;
    uint64_t lost;           /* bits that the entry had and has no more; PTE_V: the frame, too */
    uint64_t changed_at;     /* return address in the function that changed it */
    uint64_t mark;           /* the last flush that had begun when it was recorded */
    pte_t old;               /* the old entry of the page at start */
    uint32_t harts;          /* bits; never 0 */
    bool one_frame;          /* all of the range mapped old's frame */
    bool is_table;           /* old led to a table: a fence with an address does not cover it */
};

/* From which table a hart may have entries under one ASID. */
struct tlb_space {
    uint64_t serial;    /* the table's; 0: none */
    uint64_t older;     /* the same, of a table that had the number before, not flushed; or 0 */
    uint64_t stale_at;  /* changed_at of a change for which it must flush at entry; 0: none */
    uint64_t stale_va;
    pte_t stale_old;
};

struct tlb_hart {
    uint64_t serial; /* that of the table in satp; 0: the kernel's */
    uint64_t asid;   /* in satp */
    uint64_t fenced; /* a: when the last fence.i began */
    struct tlb_space space[TLB_ASIDS];
};

static struct tlb_manager {
    struct spinlock lock; /* RANK_TLB_CHECK, with spin_lock_irq */
    uint32_t count;       /* changed under the lock, read freely */
    uint64_t last_serial; /* a */
    uint64_t marks;       /* flushes that have begun */
    uint64_t now;         /* a: counts; see above */
    uint64_t *allocated;  /* a: when, of each frame of the table; NULL: no memory for it */
    struct tlb_entry entry[TLB_ENTRIES];
    struct tlb_hart hart[MAX_HARTS];
} manager;

static bool is_kernel(const struct page_table *table)
{
    return table == &kernel_page_table;
}

/* Returns: the ASID under which the hart may cache entries of table; or NULL: it caches none. */
static struct tlb_space *space_of(const struct page_table *table, uint32_t hart)
{
    struct tlb_space *space = &manager.hart[hart].space[table->checked.asid[hart]];
    uint64_t serial = table->checked.serial;

    return space->serial == serial || space->older == serial ? space : NULL;
}

/* ---- how it ends -------------------------------------------------------------------------- */

static uint32_t first_hart(uint32_t harts)
{
    uint32_t hart = 0;

    while (!(harts & 1u << hart))
        hart++;
    return hart;
}

static void __attribute__((noreturn)) stale(const char *what, uint32_t hart, uint64_t va, pte_t old,
                                            uint64_t changed_at)
{
    uint64_t offset;
    const char *name = ksym_find(changed_at - 1, &offset);

    panic("tlb: %s: hart %u may still use 0x%lx as %s 0x%lx %c%c%c, which was changed by "
          "%s+0x%lx", what, hart, (unsigned long)va, pte_is_table(old) ? "table" : "frame",
          (unsigned long)pte_pfn(old).number, old & PTE_R ? 'r' : '-', old & PTE_W ? 'w' : '-',
          old & PTE_X ? 'x' : '-', name, (unsigned long)offset);
}

static void __attribute__((noreturn)) stale_entry(const char *what, const struct tlb_entry *entry)
{
    stale(what, first_hart(entry->harts), entry->start, entry->old, entry->changed_at);
}

/* ---- the list of entries, in no order; all of it under the lock ------------------------------ */

/* Returns: the first record with that frame and that changer (NULL: any); or NULL. */
static struct tlb_entry *find_tlb_entry(const pfn_t *frame, const struct thread *changer)
{
    for (uint32_t i = 0; i < manager.count; i++) {
        struct tlb_entry *entry = &manager.entry[i];

        if (frame && !(entry->one_frame && pte_pfn(entry->old).number == frame->number))
            continue;
        if (!changer || entry->changer == changer)
            return entry;
    }
    return NULL;
}

static void set_count(uint32_t count)
{
    __atomic_store_n(&manager.count, count, __ATOMIC_RELAXED);
}

/* Removes a record; the last one takes its place. */
static void entry_remove(struct tlb_entry *entry)
{
    *entry = manager.entry[manager.count - 1];
    set_count(manager.count - 1);
}

/*
 * The list is full: makes one range of all changes by one thread to one table in which only
 * permissions were lost. Their frames need not be known: they are still mapped, so not freed.
 */
static void entries_fold(void)
{
    for (uint32_t i = 0; i < manager.count; i++) {
        struct tlb_entry *into = &manager.entry[i];

        for (uint32_t j = manager.count - 1; j > i; j--) {
            struct tlb_entry *from = &manager.entry[j];

            if (((from->lost | into->lost) & PTE_V) || from->table != into->table ||
                from->changer != into->changer)
                continue;
            if (from->start < into->start)
                into->start = from->start;
            if (from->end > into->end)
                into->end = from->end;
            into->harts |= from->harts;
            into->one_frame = false;
            entry_remove(from);
        }
    }
    if (manager.count == TLB_ENTRIES)
        panic("tlb: more than %u translations are gone and not fenced", TLB_ENTRIES);
}

/*
 * Extends the newest record by the next one, if both are alike. Where an entry lost its frame the
 * record must keep it; where only permissions were lost the frames need not be known, as above.
 */
static bool entry_extend(struct tlb_entry *last, const struct tlb_entry *next)
{
    bool same_frame = last->one_frame && pte_pfn(last->old).number == pte_pfn(next->old).number;

    if (last->table != next->table || last->changer != next->changer || last->lost != next->lost ||
        last->changed_at != next->changed_at || last->harts != next->harts ||
        last->mark != next->mark || last->end > next->start)
        return false;
    if (!same_frame && (last->lost & PTE_V))
        return false;
    if (same_frame && last->end != next->start)
        return false;
    last->end = next->end;
    last->one_frame = same_frame;
    return true;
}

static void entry_append(const struct tlb_entry *entry)
{
    if (manager.count == TLB_ENTRIES)
        entries_fold();
    manager.entry[manager.count] = *entry;
    set_count(manager.count + 1);
}

/* Removes [start, end) from the record for these harts; the rest of the range stays for them. */
static void entry_cut(struct tlb_entry *entry, uint32_t harts, uint64_t start, uint64_t end)
{
    struct tlb_entry left = *entry;
    struct tlb_entry right = *entry;

    left.harts = right.harts = harts;
    left.end = start;
    right.start = end;
    entry->harts &= ~harts;
    if (!entry->harts)
        entry_remove(entry);
    if (left.start < left.end)
        entry_append(&left);
    if (right.start < right.end)
        entry_append(&right);
}

/* ---- what the kernel does ------------------------------------------------------------------ */

static void frame_is_free(struct page *page)
{
    pfn_t frame = page_pfn(page);
    const struct tlb_entry *entry;
    uint64_t flags;

    if (__atomic_load_n(&manager.count, __ATOMIC_RELAXED) == 0)
        return;
    flags = spin_lock_irq(&manager.lock);
    entry = find_tlb_entry(&frame, NULL);
    if (entry)
        stale_entry("a frame is freed too early", entry);
    spin_unlock_irq(&manager.lock, flags);
}

uint64_t tlb_check_now(void)
{
    return __atomic_add_fetch(&manager.now, 1, __ATOMIC_SEQ_CST);
}

static void frame_begins(struct page *page)
{
    __atomic_store_n(&manager.allocated[page - frame_table], tlb_check_now(), __ATOMIC_RELAXED);
}

void tlb_check_init(void)
{
    struct page *block;
    unsigned order = 0;

    spin_init(&manager.lock, "tlb check", RANK_TLB_CHECK);
    frame_free_check = frame_is_free;
    while (PAGE_SIZE << order < frame_count * sizeof(manager.allocated[0]))
        order++;
    block = order <= MAX_ORDER ? alloc_pages(order) : NULL;
    if (!block)
        return;
    manager.allocated = page_va(block);
    memset(manager.allocated, 0, PAGE_SIZE << order);
    frame_begin_check = frame_begins;
}

void tlb_check_create(struct page_table *table)
{
    table->checked.serial = __atomic_add_fetch(&manager.last_serial, 1, __ATOMIC_RELAXED);
}

void tlb_check_destroy(struct page_table *table)
{
    uint64_t serial = table->checked.serial;
    uint64_t flags = spin_lock_irq(&manager.lock);

    for (uint32_t i = 0; i < manager.count; i++)
        if (manager.entry[i].table == table)
            stale_entry("an address space ends before the last fence", &manager.entry[i]);
    for (uint32_t i = 0; i < hart_count; i++) {
        const struct tlb_hart *hart = &manager.hart[i];
        const struct tlb_space *space = &hart->space[hart->asid];

        if (hart->serial == serial || space->serial == serial || space->older == serial)
            panic("tlb: page tables are freed while hart %u may walk them (ASID %lu)", i,
                  (unsigned long)hart->asid);
    }
    spin_unlock_irq(&manager.lock, flags);
}

/* Returns: harts that may cache the table and need not flush it anyway. Locks: manager.lock. */
static uint32_t harts_caching(const struct page_table *table)
{
    uint32_t harts = 0;

    if (is_kernel(table))
        return (1u << hart_count) - 1;
    for (uint32_t hart = 0; hart < hart_count; hart++) {
        const struct tlb_space *space = space_of(table, hart);

        if (space && !space->stale_at)
            harts |= 1u << hart;
    }
    return harts;
}

void tlb_check_change(struct page_table *table, uint64_t va, uint64_t old, uint64_t changed)
{
    struct tlb_entry entry = {
        .table = table,
        .changer = current_thread(),
        .start = va,
        .end = va + PAGE_SIZE,
        .lost = old & ~changed & PERMISSION,
        .changed_at = (uint64_t)__builtin_return_address(0),
        .old = old,
        .one_frame = true,
        .is_table = pte_is_table(old),
    };
    uint64_t flags;

    if (!(old & PTE_V))
        return; /* nothing was lost: at worst a hart faults, and the fault finds nothing to do */
    if (!(changed & PTE_V) || pte_pfn(old).number != pte_pfn(changed).number)
        entry.lost = PTE_V;
    if (!entry.lost)
        return;
    flags = spin_lock_irq(&manager.lock);
    entry.harts = harts_caching(table);
    entry.mark = manager.marks;
    if (entry.harts &&
        !(manager.count && entry_extend(&manager.entry[manager.count - 1], &entry)))
        entry_append(&entry);
    spin_unlock_irq(&manager.lock, flags);
}

/* Returns: on which of harts does a fence for asid cover the record? Locks: manager.lock. */
static uint32_t harts_fenced(const struct tlb_entry *entry, uint32_t harts, uint64_t asid,
                             bool for_address)
{
    uint32_t fenced = entry->harts & harts;

    if (entry->is_table && for_address)
        return 0;
    if (asid == TLB_ANY_ASID)
        return fenced;
    if (is_kernel(entry->table))
        return 0; /* global entries stay */
    for (uint32_t hart = 0; hart < hart_count; hart++)
        if (entry->table->checked.asid[hart] != asid)
            fenced &= ~(1u << hart);
    return fenced;
}

/* After a fence without an address, entries come only from the table in satp. Locks: manager's. */
static void space_fence(struct tlb_hart *hart, uint64_t asid)
{
    struct tlb_space *space = &hart->space[asid];

    space->older = 0;
    space->stale_at = 0;
    if (hart->asid != asid || hart->serial != space->serial)
        space->serial = 0;
}

void tlb_check_fence(uint32_t harts, uint64_t asid, uint64_t start, uint64_t end)
{
    bool for_address = start != 0 || end != UINT64_MAX;
    uint64_t flags = spin_lock_irq(&manager.lock);

    for (uint32_t i = manager.count; i-- > 0;) {
        struct tlb_entry *entry = &manager.entry[i];
        uint32_t fenced = 0;

        if (i < manager.count) /* the rest was appended; and folding may have removed some */
            fenced = harts_fenced(entry, harts, asid, for_address);
        if (fenced && start < entry->end && entry->start < end)
            entry_cut(entry, fenced, start, end);
    }
    for (uint32_t hart = 0; !for_address && hart < hart_count; hart++)
        for (uint32_t i = 0; (harts & 1u << hart) && i < TLB_ASIDS; i++)
            if (asid == TLB_ANY_ASID || asid == i)
                space_fence(&manager.hart[hart], i);
    spin_unlock_irq(&manager.lock, flags);
}

/*
 * The hart must flush at entry, so its part of the record becomes the space's stale_at, unless that
 * names a change already. Locks: manager.lock.
 */
static void entry_promise(struct tlb_entry *entry, uint32_t hart, struct tlb_space *space)
{
    if (!space->stale_at) {
        space->stale_at = entry->changed_at;
        space->stale_va = entry->start;
        space->stale_old = entry->old;
    }
    entry->harts &= ~(1u << hart);
    if (!entry->harts)
        entry_remove(entry);
}

uint64_t tlb_check_mark(void)
{
    uint64_t flags = spin_lock_irq(&manager.lock), mark = ++manager.marks;

    spin_unlock_irq(&manager.lock, flags);
    return mark;
}

void tlb_check_deferred(struct page_table *table, uint32_t harts, uint64_t mark)
{
    uint64_t flags = spin_lock_irq(&manager.lock);

    for (uint32_t hart = 0; hart < hart_count; hart++) {
        struct tlb_space *space = space_of(table, hart);

        if (!space || !(harts & 1u << hart))
            continue;
        for (uint32_t i = manager.count; i-- > 0;) {
            struct tlb_entry *entry = &manager.entry[i];

            /* Changes recorded after this flush began need a later one: the hart may have entered
             * since its bit was set, and the bit is clear. */
            if (entry->table == table && entry->mark < mark && (entry->harts & 1u << hart))
                entry_promise(entry, hart, space);
        }
    }
    spin_unlock_irq(&manager.lock, flags);
}

void tlb_check_switch(struct page_table *table, uint64_t asid)
{
    uint64_t flags = spin_lock_irq(&manager.lock);
    struct tlb_hart *hart = &manager.hart[hart_index()];
    struct tlb_space *space = &hart->space[asid];

    hart->asid = asid;
    hart->serial = table ? table->checked.serial : 0;
    if (table) {
        if (space->serial != hart->serial)
            space->older = space->serial;
        space->serial = hart->serial;
        table->checked.asid[hart_index()] = (uint8_t)asid;
    }
    spin_unlock_irq(&manager.lock, flags);
}

static void __attribute__((noreturn)) stale_code(const char *what, uint64_t hart, uint64_t va,
                                                 uint64_t pfn)
{
    panic("tlb: %s: hart %lu may run what frame 0x%lx held before, at 0x%lx", what,
          (unsigned long)hart, (unsigned long)pfn, (unsigned long)va);
}

void tlb_check_fence_i(uint32_t harts)
{
    uint64_t now = tlb_check_now();

    for (uint32_t hart = 0; hart < MAX_HARTS; hart++)
        if (harts & 1u << hart)
            __atomic_store_n(&manager.hart[hart].fenced, now, __ATOMIC_RELAXED);
}

void tlb_check_code(struct page_table *table, uint64_t va, uint64_t pte)
{
    uint64_t pfn = pte_pfn(pte).number;
    uint64_t since, flags;
    uint32_t running;

    if (!pte_allows(pte, ACCESS_EXEC) || !manager.allocated)
        return;
    since = __atomic_load_n(&manager.allocated[pfn - frame_first], __ATOMIC_RELAXED);
    flags = spin_lock_irq(&manager.lock);
    /* A hart that is leaving the table, though it is still in satp, runs no more of its code. */
    running = __atomic_load_n(&table->running_on, __ATOMIC_RELAXED);
    for (uint32_t hart = 0; hart < hart_count; hart++)
        if ((running & 1u << hart) && manager.hart[hart].serial == table->checked.serial &&
            manager.hart[hart].fenced <= since)
            stale_code("a page becomes executable without fence.i", hart, va, pfn);
    if (since > table->checked.code_since) {
        table->checked.code_since = since;
        table->checked.code_va = va;
        table->checked.code_pfn = pfn;
    }
    spin_unlock_irq(&manager.lock, flags);
}

void tlb_check_came(struct page_table *space, uint64_t pc, uint64_t left_at)
{
    const pte_t *ptep = pte_find_from_root(space, pc);

    if (manager.hart[hart_index()].fenced <= left_at)
        stale_code("a thread goes on without fence.i where it did not store its code", hart_index(),
                   pc, ptep ? pte_pfn(pte_load(ptep)).number : 0);
}

void tlb_check_set(uint64_t old)
{
    uint64_t offset;

    if (old & PTE_V)
        panic("tlb: %s stores a new entry over frame 0x%lx, which is mapped there",
              ksym_find((uint64_t)__builtin_return_address(0) - 1, &offset),
              (unsigned long)pte_pfn(old).number);
}

void tlb_check_entered(struct page_table *table)
{
    uint64_t flags = spin_lock_irq(&manager.lock);
    const struct tlb_hart *hart = &manager.hart[hart_index()];
    const struct tlb_space *space = &hart->space[hart->asid];

    if (hart->fenced < table->checked.code_since)
        stale_code("an address space is entered without fence.i", hart_index(),
                   table->checked.code_va, table->checked.code_pfn);
    if (hart->serial && space->older)
        panic("tlb: ASID %lu is used again while hart %lu may still cache its old owner",
              (unsigned long)hart->asid, hart_index());
    if (hart->serial && space->stale_at)
        stale("an address space is entered without the flush that was due", hart_index(),
              space->stale_va, space->stale_old, space->stale_at);
    spin_unlock_irq(&manager.lock, flags);
}

void tlb_check_return(void)
{
    const struct tlb_entry *entry;
    uint64_t flags;

    if (__atomic_load_n(&manager.count, __ATOMIC_RELAXED) == 0)
        return;
    flags = spin_lock_irq(&manager.lock);
    entry = find_tlb_entry(NULL, current_thread());
    if (entry)
        stale_entry("a return to user mode without a fence", entry);
    spin_unlock_irq(&manager.lock, flags);
}
#endif
