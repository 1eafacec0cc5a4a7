/*
 * The commands of the lab `swap`. Slots have numbers from 0 on, pages from 1 on; page 0 is none.
 * After most of them everything is told as it is.
 *
 * Without the student's help:
 *
 *     disk SLOTS         a swap disk with so many slots, all free
 *     off                swap is off: its disk is gone
 *     close 0|1          1: the disk is being taken or given up
 *     next SLOT          the search for a free slot goes on there
 *     page P REFS FLAGS  a page with so many references, which has no slot. FLAGS: see below
 *     place SLOT USES P FLAGS STAMP   the slot is in use, and is as it says. FLAGS: 1 carries a
 *                        charge, 2 retired, 4 it became idle with the end of its last use
 *     vacate SLOT        the slot, which find took, is free again
 *     stale SLOT         the slot is in the set swap.idle, and not idle any more
 *     lock P, unlock P   by another thread; the same for writing P, written P: PAGE_WRITEBACK
 *     hold P, drop P     a reference more; one less: with the last one the page is freed
 *     dying P            its last reference is gone, and it is not freed yet; free P: it is now
 *     retire SLOT        swap_slot_retire
 *     window N           N pages are read at once, where nothing is advised
 *     memory N           so many frames can be allocated from now on
 *     bad SLOT           the disk fails for it; good SLOT: it does not
 *     rival SLOT P       another thread gives the slot this page, as soon as a frame is allocated
 *
 * One function of the student's:
 *
 *     settle SLOT, find, reclaim, alloc P STAMP, get SLOT, put SLOT, remove P USES, look SLOT,
 *     add SLOT P, read SLOT ADVICE
 *
 * The same for the n-th slot or page that it can be done to, modulo how many they are; it is told,
 * as = picked NUMBER, or = picked nothing:
 *
 *     any_alloc N STAMP  for a new page, which has a charge if N is odd
 *     any_get N, any_put N, any_remove N USES, any_drop N, any_add N, any_read N, any_retire N
 *     any_lock N, any_unlock N, any_writing N, any_written N
 *
 *     quiet 0|1          1: the state is told no more after each command, but by `state`
 *     state
 *
 *     = took SLOT                       of alloc, or find
 *     = gave E                          the value that was returned, of reclaim 0 or 1
 *     = page P                          of look, and of read, after `= gave COUNT`
 *     = frame P                         a frame was allocated
 *     = parted P...                     of alloc and reclaim: pages that had a slot, and have none
 *     = freed P                         a page was freed; = charge freed: that had a charge
 *     = transfer OK|failed SLOT:P...    pages were read; = early P: one that was not locked
 *     = noted FIRST END                 read_ahead_note
 *     = sleeps in NAME                  where that is not allowed; = locked: swap.lock is held
 *
 *     = counts USED WITH_PAGE RETIRED   of struct swap_info
 *     = released N                      charges that ended, since the disk came
 *     = free: SLOT...                   members of swap.free; = idle: SLOT... of swap.idle
 *     = slot N uses U page P flags F stamp T          each that has a word that is not 0
 *     = page P refs R slot S flags F content C        each that is in use; S: -1: none
 *     = state
 *
 * FLAGS of a page: 1 locked, 2 dirty, 4 being written, 8 kept, 16 charged. Its content is the slot
 * that was read into it, or -1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "thread/page_lock.h"
#include "thread/sleeplock.h"
#include "vm/mapping/commit.h"
#include "dev/transfer.h"
#include "vm/swapping/swap.h"
#include "vm/swapping/swap_io.h"

/* window.c has them. */
void lab_slot_settle(uint32_t slot);
uint32_t lab_slot_find(void);
bool lab_slot_reclaim(void);

#define PAGES 300u /* number 0 is none */
#define MOST 40u   /* pages, where any_alloc makes no more */
#define FIRST_PFN 0x80000ul
#define RETIRED 2u
#define IDLE 4u

struct hart harts[MAX_HARTS];
struct page *frame_table, *frame_origin;
uint64_t host_direct_base;

static struct block_device device;
static char *memory; /* of all pages */
static bool in_use[PAGES];
static bool *is_bad; /* by slot */
static uint32_t window;
static uint64_t frames_left;
static int64_t released;
static bool is_quiet;
static swp_entry_t rival_slot;
static struct page *rival;

static struct {
    uint32_t slot;
    struct page *page;
} moved[2 * READ_AHEAD_MAX];
static unsigned moves;

static struct page *page_number(uint64_t number)
{
    return &frame_table[number % PAGES];
}

static unsigned number_of(const struct page *page)
{
    return page ? (unsigned)(page - frame_table) : 0;
}

static int64_t *content_of(struct page *page)
{
    return (int64_t *)(memory + (uint64_t)number_of(page) * PAGE_SIZE);
}

/* ---- what stands in for the kernel ---- */

static void may_sleep(const char *name)
{
    if (swap.lock.locked)
        tell("sleeps in %s", name);
}

bool spin_trylock(struct spinlock *lock)
{
    if (lock->locked)
        return false;
    lock->locked = 1;
    return true;
}

void page_lock(struct page *page)
{
    tell("sleeps in page_lock");
    page_set(page, PAGE_LOCKED);
}

void page_wait_writeback(struct page *page)
{
    tell("sleeps in page_wait_writeback");
    page_clear_flag(page, PAGE_WRITEBACK);
}

void page_end_writeback(struct page *page)
{
    page_clear_flag(page, PAGE_WRITEBACK);
}

void page_wake(struct page *page)
{
    (void)page;
}

void commit_release(struct commit amount)
{
    released += amount.pages;
    if (amount.unswappable != 0)
        tell("unswappable memory is released");
}

void commit_limit_change(int64_t pages)
{
    (void)pages;
}

uint64_t commit_limit(void)
{
    return 0;
}

/* The last reference is gone: as mem/frame.c, and release_pages() of vm/replacement/reclaim.c. */
void frame_free(struct page *page)
{
    unsigned number = number_of(page);

    if (page->slot)
        swap_cache_remove(page, 0);
    tell(page_test(page, PAGE_CHARGED) ? "charge freed %u" : "freed %u", number);
    memset(page, 0, sizeof(*page));
    in_use[number] = false;
}

void frames_free(struct page *const page[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        frame_free(page[i]);
}

static struct page *page_make(unsigned number, uint32_t refs)
{
    struct page *page = page_number(number);

    memset(page, 0, sizeof(*page));
    page->counts = refs * PAGE_REF;
    *content_of(page) = -1;
    in_use[number] = true;
    return page;
}

struct page *frame_alloc(enum frame_class class, unsigned flags)
{
    unsigned number = PAGES - 1;
    struct page *page;

    (void)class;
    if (!(flags & FRAME_NOWAIT))
        may_sleep("frame_alloc");
    while (number > 0 && in_use[number])
        number--;
    if (frames_left == 0 || number == 0)
        return NULL;
    frames_left--;
    page = page_make(number, 1);
    tell("frame %u", number);
    if (rival) {
        page_set(rival, PAGE_LOCKED);
        swap_cache_add(rival_slot, rival);
        rival = NULL;
    }
    return page;
}

bool sleeplock_try(struct sleeplock *lock)
{
    (void)lock;
    may_sleep("sleeplock_try");
    return true;
}

void sleeplock_acquire(struct sleeplock *lock)
{
    (void)lock;
}

void sleeplock_release(struct sleeplock *lock)
{
    (void)lock;
}

void transfer_begin(struct transfer *transfer, struct block_device *to,
                    enum block_operation operation)
{
    may_sleep("transfer_begin");
    if (operation != BLOCK_READ || to != &device)
        tell("a transfer that is no read");
    (void)transfer;
    moves = 0;
}

void transfer_add(struct transfer *transfer, uint32_t block, void *data)
{
    (void)transfer;
    if (moves == sizeof(moved) / sizeof(moved[0]))
        return;
    moved[moves].slot = block;
    moved[moves++].page = page_number((uint64_t)((char *)data - memory) / PAGE_SIZE);
}

int transfer_end(struct transfer *transfer)
{
    int error = 0;

    (void)transfer;
    for (unsigned i = 0; i < moves; i++)
        error |= moved[i].slot >= swap.slots || is_bad[moved[i].slot];
    printf("\n= transfer %s", error ? "failed" : "ok");
    for (unsigned i = 0; i < moves; i++)
        printf(" %u:%u", moved[i].slot, number_of(moved[i].page));
    printf("\n");
    for (unsigned i = 0; i < moves; i++) {
        if (!page_test(moved[i].page, PAGE_LOCKED))
            tell("early %u", number_of(moved[i].page));
        if (!error)
            *content_of(moved[i].page) = moved[i].slot;
    }
    return error ? -5 : 0; /* EIO */
}

uint32_t read_ahead_size(const struct read_ahead *ahead, enum read_advice advice)
{
    (void)ahead;
    return advice == READ_RANDOM ? 1 : advice == READ_SEQUENTIAL ? READ_AHEAD_MAX : window;
}

void read_ahead_note(struct read_ahead *ahead, uint32_t start, uint32_t end)
{
    (void)ahead;
    spin_assert_held(&swap.lock);
    tell("noted %u %u", start, end);
}

void read_ahead_used(struct read_ahead *ahead)
{
    (void)ahead;
}

static void kept(struct page *page)
{
    (void)page;
}

/* ---- the state ---- */

static void tell_set(const char *name, const struct bitset *set)
{
    printf("\n= %s:", name);
    for (uint32_t slot = 0; slot < swap.slots; slot++)
        if (bitmap_test(set->bits, slot))
            printf(" %u", slot);
    printf("\n");
}

static void tell_state(void)
{
    if (swap.lock.locked)
        tell("locked");
    tell("counts %u %u %u", swap.used, swap.with_page, swap.retired);
    tell("released %ld", (long)released);
    tell_set("free", &swap.free);
    tell_set("idle", &swap.idle);
    for (uint32_t slot = 0; slot < swap.slots; slot++)
        if (swap.uses[slot] != 0 || swap.cached[slot] != 0)
            tell("slot %u uses %u page %u flags %u stamp %u", slot, swap.uses[slot] & USES_MASK,
                 swap.cached[slot] ? number_of(frame_origin + swap.cached[slot]) : 0,
                 (swap.uses[slot] & SLOT_CHARGED ? 1u : 0) |
                     (swap.uses[slot] & SLOT_RETIRED ? RETIRED : 0), swap.stamp[slot]);
    for (unsigned number = 1; number < PAGES; number++) {
        struct page *page = page_number(number);

        if (in_use[number])
            tell("page %u refs %u slot %ld flags %d content %ld", number, page_refs(page),
                 (long)page->slot - 1,
                 page_test(page, PAGE_LOCKED) | page_test(page, PAGE_DIRTY) << 1 |
                     page_test(page, PAGE_WRITEBACK) << 2 | page_test(page, PAGE_KEPT) << 3 |
                     page_test(page, PAGE_CHARGED) << 4, (long)*content_of(page));
    }
    tell("state");
}

/* ---- commands ---- */

/* Each array is as long as it must be: the sanitizer sees what looks beyond. */
static void disk(uint32_t slots)
{
    memory = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
    frame_table = calloc(PAGES, sizeof(*frame_table));
    frame_origin = frame_table - FIRST_PFN;
    host_direct_base = (uint64_t)memory - (FIRST_PFN << PAGE_SHIFT);
    is_bad = calloc(slots, sizeof(*is_bad));
    swap.device = &device;
    swap.slots = slots;
    swap.uses = calloc(slots, sizeof(*swap.uses));
    swap.cached = calloc(slots, sizeof(*swap.cached));
    swap.stamp = calloc(slots, sizeof(*swap.stamp));
    swap.free.bits = calloc(BITMAP_WORDS(slots), sizeof(uint64_t));
    swap.idle.bits = calloc(BITMAP_WORDS(slots), sizeof(uint64_t));
    swap.free.size = swap.idle.size = slots;
    for (uint32_t slot = 0; slot < slots; slot++)
        bitset_add(&swap.free, slot);
    swap_keep_hook = kept;
    frames_left = PAGES;
    window = 1;
}

static void page_flags(struct page *page, uint64_t flags)
{
    static const enum page_flag flag[] = {PAGE_LOCKED, PAGE_DIRTY, PAGE_WRITEBACK, PAGE_KEPT,
                                          PAGE_CHARGED};

    for (unsigned i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
        if (flags >> i & 1)
            page_set(page, flag[i]);
}

static void place(uint32_t n, uint16_t uses, unsigned page, uint64_t flags, uint32_t stamp)
{
    if (bitmap_test(swap.free.bits, n)) {
        bitset_remove(&swap.free, n);
        swap.used++;
    }
    swap.uses[n] = (uint16_t)(uses | (flags & 1 ? SLOT_CHARGED : 0) |
                              (flags & RETIRED ? SLOT_RETIRED : 0));
    swap.retired += flags & RETIRED ? 1 : 0;
    swap.stamp[n] = stamp;
    if (page) {
        swap.cached[n] = (uint32_t)(FIRST_PFN + page);
        swap.with_page++;
        page_number(page)->slot = n + 1;
    }
    if (flags & IDLE)
        bitset_add(&swap.idle, n);
}

static bool prepare(const char *name, const uint64_t a[])
{
    struct page *page = frame_table ? page_number(a[0]) : NULL;

    if (strcmp(name, "disk") == 0)
        disk((uint32_t)a[0]);
    else if (strcmp(name, "off") == 0)
        swap.device = NULL, swap.slots = 0;
    else if (strcmp(name, "close") == 0)
        swap.is_closed = a[0] != 0;
    else if (strcmp(name, "next") == 0)
        swap.next = (uint32_t)a[0];
    else if (strcmp(name, "page") == 0)
        page_flags(page_make((unsigned)a[0], (uint32_t)a[1]), a[2]);
    else if (strcmp(name, "place") == 0)
        place((uint32_t)a[0], (uint16_t)a[1], (unsigned)a[2], a[3], (uint32_t)a[4]);
    else if (strcmp(name, "vacate") == 0)
        bitset_add(&swap.free, (uint32_t)a[0]), swap.used--;
    else if (strcmp(name, "stale") == 0)
        bitset_add(&swap.idle, (uint32_t)a[0]);
    else if (strcmp(name, "lock") == 0)
        page_set(page, PAGE_LOCKED);
    else if (strcmp(name, "unlock") == 0)
        page_clear_flag(page, PAGE_LOCKED);
    else if (strcmp(name, "writing") == 0)
        page_set(page, PAGE_WRITEBACK);
    else if (strcmp(name, "written") == 0)
        page_clear_flag(page, PAGE_WRITEBACK), page_clear_flag(page, PAGE_DIRTY);
    else if (strcmp(name, "hold") == 0)
        page_get(page);
    else if (strcmp(name, "dying") == 0)
        page->counts = 0;
    else if (strcmp(name, "window") == 0)
        window = (uint32_t)a[0];
    else if (strcmp(name, "memory") == 0)
        frames_left = a[0];
    else if (strcmp(name, "bad") == 0 || strcmp(name, "good") == 0)
        is_bad[a[0]] = name[0] == 'b';
    else if (strcmp(name, "rival") == 0)
        rival_slot = (swp_entry_t){(uint32_t)a[0]}, rival = page_number(a[1]);
    else
        return false;
    return true;
}

static bool had_slot[PAGES];

static void note_slots(void)
{
    for (unsigned number = 1; number < PAGES; number++)
        had_slot[number] = page_number(number)->slot != 0;
}

static void tell_parted(void)
{
    printf("\n= parted");
    for (unsigned number = 1; number < PAGES; number++)
        if (had_slot[number] && page_number(number)->slot == 0)
            printf(" %u", number);
    printf("\n");
}

static void reclaim(void)
{
    bool gave;

    note_slots();
    gave = lab_slot_reclaim();
    tell_parted();
    tell("gave %d", gave);
}

/* The page is locked meanwhile, as the contracts say. */
static void alloc(struct page *page, uint32_t stamp)
{
    int error;

    page_set(page, PAGE_LOCKED);
    note_slots();
    error = swap_slot_alloc(page, stamp);
    tell_parted();
    page_clear_flag(page, PAGE_LOCKED);
    if (error)
        tell("gave %d", error);
    else
        tell("took %ld", (long)page->slot - 1);
}

static void find(void)
{
    uint32_t slot;

    spin_lock(&swap.lock);
    slot = lab_slot_find();
    spin_unlock(&swap.lock);
    if (slot == BITSET_NONE)
        tell("gave nothing");
    else
        tell("took %u", slot);
}

static void settle(uint32_t slot)
{
    spin_lock(&swap.lock);
    lab_slot_settle(slot);
    spin_unlock(&swap.lock);
}

static void read_slot(swp_entry_t slot, enum read_advice advice)
{
    struct page *page = NULL;
    int count = read_from_swap(slot, advice, &page);

    tell("gave %d", count);
    tell("page %u", number_of(page));
}

static void add(swp_entry_t slot, struct page *page)
{
    page_set(page, PAGE_LOCKED);
    tell("gave %d", swap_cache_add(slot, page));
}

static bool students(const char *name, const uint64_t a[])
{
    swp_entry_t slot = {(uint32_t)a[0]};
    struct page *page = page_number(a[0]);

    if (strcmp(name, "settle") == 0)
        settle(slot.number);
    else if (strcmp(name, "find") == 0)
        find();
    else if (strcmp(name, "reclaim") == 0)
        reclaim();
    else if (strcmp(name, "alloc") == 0)
        alloc(page, (uint32_t)a[1]);
    else if (strcmp(name, "get") == 0)
        swap_slot_get(slot);
    else if (strcmp(name, "put") == 0)
        swap_slot_put(slot);
    else if (strcmp(name, "remove") == 0)
        swap_cache_remove(page, (uint16_t)a[1]);
    else if (strcmp(name, "drop") == 0)
        page_put(page);
    else if (strcmp(name, "free") == 0)
        frame_free(page);
    else if (strcmp(name, "retire") == 0)
        swap_slot_retire(slot, "written");
    else if (strcmp(name, "look") == 0)
        tell("page %u", number_of(swap_find_page(slot)));
    else if (strcmp(name, "add") == 0)
        add(slot, page_number(a[1]));
    else if (strcmp(name, "read") == 0)
        read_slot(slot, (enum read_advice)a[1]);
    else
        return strcmp(name, "state") == 0;
    return true;
}

/* ---- one that fits ---- */

static bool slot_any(uint32_t slot)
{
    return (swap.uses[slot] & USES_MASK) != 0 || swap.cached[slot] != 0;
}

static bool slot_used(uint32_t slot)
{
    return (swap.uses[slot] & USES_MASK) != 0;
}

static bool slot_out(uint32_t slot)
{
    return slot_used(slot) && swap.cached[slot] == 0;
}

static bool slot_good(uint32_t slot)
{
    return swap.cached[slot] != 0 && !(swap.uses[slot] & SLOT_RETIRED);
}

static bool page_idle(uint32_t page) /* nobody works on it */
{
    return in_use[page] && !page_test(page_number(page), PAGE_LOCKED | PAGE_WRITEBACK);
}

static bool page_parts(uint32_t page)
{
    return page_idle(page) && page_number(page)->slot != 0;
}

static bool page_locked(uint32_t page)
{
    return in_use[page] && page_test(page_number(page), PAGE_LOCKED);
}

static bool page_writing(uint32_t page)
{
    return in_use[page] && page_test(page_number(page), PAGE_WRITEBACK);
}

static const struct {
    const char *name;
    bool (*fits)(uint32_t number);
    bool is_page;
} kinds[] = {
    {"get", slot_any, false},       {"put", slot_used, false},     {"read", slot_out, false},
    {"add", slot_out, false},       {"retire", slot_good, false},  {"remove", page_parts, true},
    {"drop", page_idle, true},      {"lock", page_idle, true},     {"unlock", page_locked, true},
    {"writing", page_parts, true},  {"written", page_writing, true},
};

/* The n-th that fits; false: there is none. */
static bool pick(const char *name, uint64_t n, uint64_t *number)
{
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        uint32_t end = kinds[i].is_page ? PAGES : swap.slots, count = 0;

        if (strcmp(kinds[i].name, name) != 0)
            continue;
        for (uint32_t one = kinds[i].is_page; one < end; one++)
            count += kinds[i].fits(one);
        for (uint32_t one = kinds[i].is_page; one < end && count > 0; one++)
            if (kinds[i].fits(one) && n-- % count == 0) {
                *number = one;
                return true;
            }
    }
    return false;
}

static bool page_fresh(uint64_t *number)
{
    uint32_t count = 0, free = 0;

    for (uint32_t one = PAGES - 1; one > 0; one--) {
        count += in_use[one];
        free = in_use[one] ? free : one;
    }
    *number = free;
    return count < MOST && free != 0;
}

static void any(const char *name, const uint64_t argument[])
{
    uint64_t a[ARGUMENTS_MAX] = {0, argument[1]}, fresh = 0;
    bool makes = strcmp(name, "alloc") == 0 || strcmp(name, "add") == 0;
    bool found = makes ? page_fresh(&fresh) : true;

    if (strcmp(name, "alloc") == 0)
        a[0] = fresh;
    else
        found = found && pick(name, argument[0], &a[0]);
    if (!found) {
        tell("picked nothing");
        return;
    }
    tell("picked %lu", (unsigned long)a[0]);
    if (makes)
        page_make((unsigned)fresh, 1);
    if (strcmp(name, "alloc") == 0 && (argument[0] & 1))
        page_set(page_number(fresh), PAGE_CHARGED);
    if (strcmp(name, "add") == 0)
        a[1] = fresh;
    if (!prepare(name, a))
        students(name, a);
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    (void)count;
    if (strcmp(name, "quiet") == 0) {
        is_quiet = argument[0] != 0;
        return true;
    }
    if (strncmp(name, "any_", 4) == 0) {
        any(name + 4, argument);
        return true;
    }
    if (prepare(name, argument))
        return true;
    if (!students(name, argument))
        return false;
    if (!is_quiet || strcmp(name, "state") == 0)
        tell_state();
    return true;
}
