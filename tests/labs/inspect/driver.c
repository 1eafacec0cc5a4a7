/*
 * The commands of the lab `inspect`: counters of four harts and more, address spaces with some page
 * tables, and the call vmstat().
 *
 *     new                   no counter has counted, no space is there, nothing is charged
 *     cell HART ITEM N      a hart's cell
 *     free N                frames are free
 *     swap SLOTS USED PAGES swap.slots, swap.used, swap.with_page
 *     charged TOTAL LIMIT
 *     space S PID           an address space; those after it are found after it
 *     event S ITEM N        what happened to it
 *     has S PAGES UNSWAPPABLE SWAPPED
 *     table S PAGE          a leaf table: for 512 pages from PAGE on
 *     entry S PAGE FRAME BITS
 *     frame FRAME FLAGS
 *     memory N              N allocations succeed from now on
 *     refuse ERROR          what is copied to the user fails so; 0: it does not
 *
 *     sum ITEM              vm_stat_sum: = sum N
 *     read FLAGS            vm_stats_read, into a struct full of other numbers: = stats
 *     pages S               private_pages: = pages N
 *     one PID               vm_stats_read_one: = one RESULT, and, where that is 0, = stats
 *     call PID ADDRESS FLAGS  sys_vmstat: = call RESULT
 *     print                 print_vm_stats, of numbers that `read 0` would give: = printed LINE
 *
 *     = stats version V size N resident R swapped S, then = item ITEM N where not 0, then = told
 *     = uses S N            of a space, where it is not the 1 of its process
 *
 * Meanwhile, in this order: = dropped (reclaim_all), = allocated BYTES, = freed, = copied ADDRESS
 * BYTES, and then what was copied, as = stats.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "abi/errno.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mem/vm_stat.h"
#include "proc/process.h"
#include "riscv/trap.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/mm.h"
#include "vm/monitoring/vmstat.h"
#include "vm/replacement/family.h"
#include "vm/replacement/reclaim.h"
#include "vm/swapping/swap.h"

uint64_t lab_private_pages(struct mm_struct *mm);
void lab_print_vm_stats(void);
int64_t sys_vmstat(struct trap_frame *frame);
int lab_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int lab_vmstat(int pid, struct vm_stats *stats, int flags);
void lab_die(const char *program, const char *what) __attribute__((noreturn));
int *lab_errno(void);

#define SPACES 4u
#define TABLES 4u
#define FRAMES 256u

struct space {
    struct mm_struct mm;
    uint64_t first[TABLES]; /* page */
    pte_t *entry[TABLES];   /* exactly so many: the sanitizer sees who looks beyond */
};

static struct space space[SPACES];
static unsigned spaces_made, tables_made[SPACES];
static uint64_t free_now, total, limit, memory;
static int refusal;
static struct process process;
static struct thread thread;

struct hart harts[MAX_HARTS];
struct swap_info swap;
struct page *frame_table, *frame_origin;
uint64_t frame_first, frame_count, host_direct_base;
uint32_t paging_levels;

/* ---- what stands in for the kernel ---- */

void reclaim_all(void)
{
    tell("dropped");
}

uint64_t frame_free_now(void)
{
    return free_now;
}

uint64_t commit_total(void)
{
    return total;
}

uint64_t commit_limit(void)
{
    return limit;
}

static struct space *space_with(const struct mm_struct *mm)
{
    for (unsigned i = 0; i < spaces_made; i++)
        if (&space[i].mm == mm)
            return &space[i];
    panic("a space that is none");
}

void mm_put(struct mm_struct *mm)
{
    if (space_with(mm)->mm.users-- < 2)
        panic("a use of a space is given back that nobody had");
}

struct mm_struct *space_next(struct mm_struct *after)
{
    unsigned next = after ? (unsigned)(space_with(after) - space) + 1 : 0;

    if (after)
        mm_put(after);
    if (next == spaces_made)
        return NULL;
    space[next].mm.users++;
    return &space[next].mm;
}

pte_t *pte_next(struct page_table *table, uint64_t *va, uint64_t end)
{
    struct space *its = space_with(container_of(table, struct mm_struct, page_table));
    unsigned best = TABLES;

    spin_assert_held(&table->lock);
    for (unsigned i = 0; i < tables_made[its - space]; i++)
        if ((its->first[i] + PTES_PER_TABLE) * PAGE_SIZE > *va &&
            its->first[i] * PAGE_SIZE < end && (best == TABLES || its->first[i] < its->first[best]))
            best = i;
    if (best == TABLES || *va >= end)
        return NULL;
    if (*va < its->first[best] * PAGE_SIZE)
        *va = its->first[best] * PAGE_SIZE;
    return &its->entry[best][*va / PAGE_SIZE - its->first[best]];
}

static bool is_out;

void *kmem_alloc(size_t bytes, unsigned flags)
{
    (void)flags;
    if (memory == 0)
        return NULL;
    memory--;
    is_out = true;
    tell("allocated %lu", (unsigned long)bytes);
    return memset(malloc(bytes), 0x5a, bytes);
}

bool kmem_free(void *object)
{
    if (!object)
        return false;
    if (!is_out)
        panic("what is freed was not allocated");
    is_out = false;
    tell("freed");
    free(object);
    return true;
}

static void tell_stats(const struct vm_stats *stats)
{
    const unsigned long long *counter = &stats->size + 1;

    tell("stats version %llu size %llu resident %llu swapped %llu", stats->version, stats->size,
         stats->resident, stats->swapped);
    for (unsigned i = 0; i < VM_STAT_ITEMS; i++)
        if (counter[i])
            tell("item %u %llu", i, counter[i]);
    tell("told");
}

int user_copy_out(struct mm_struct *mm, uint64_t user, const void *kernel, size_t bytes)
{
    if (mm != process.mm)
        panic("it is copied to another process");
    tell("copied 0x%lx %lu", (unsigned long)user, (unsigned long)bytes);
    if (bytes == sizeof(struct vm_stats))
        tell_stats(kernel);
    return refusal;
}

/* ---- what stands in for our C library ---- */

int lab_vmstat(int pid, struct vm_stats *stats, int flags)
{
    unsigned long long *counter = &stats->size + 1;

    if (pid != 0 || flags != 0)
        panic("vmstat(%d, ..., %d) is called", pid, flags);
    memset(stats, 0, sizeof(*stats));
    stats->version = VM_STATS_VERSION;
    stats->size = sizeof(*stats);
    for (unsigned i = 0; i < VM_STAT_ITEMS * MAX_HARTS; i++)
        counter[i / MAX_HARTS] += harts[i % MAX_HARTS].events[i / MAX_HARTS];
    return 0;
}

int lab_printf(const char *format, ...)
{
    static char line[512];
    size_t at = strlen(line);
    char *end;
    va_list list;

    va_start(list, format);
    vsnprintf(line + at, sizeof(line) - at, format, list);
    va_end(list);
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        tell("printed %s|", line);
        memmove(line, end + 1, strlen(end + 1) + 1);
    }
    return 1;
}

void lab_die(const char *program, const char *what)
{
    panic("%s: %s", program, what);
}

int *lab_errno(void)
{
    static int number;

    return &number;
}

/* ---- commands ---- */

static void make_new(void)
{
    memset(space, 0, sizeof(space));
    memset(tables_made, 0, sizeof(tables_made));
    memset(harts, 0, sizeof(harts));
    memset(&swap, 0, sizeof(swap));
    spaces_made = 0;
    frame_count = FRAMES;
    frame_table = frame_origin = calloc(FRAMES, sizeof(struct page));
    paging_levels = 3;
    memory = 1000;
    thread.process = &process;
    harts[0].thread = &thread;
}

static void set_entry(uint64_t number, uint64_t page, uint64_t frame, uint64_t bits)
{
    struct space *its = &space[number];

    for (unsigned i = 0; i < tables_made[number]; i++)
        if (its->first[i] <= page && page < its->first[i] + PTES_PER_TABLE)
            its->entry[i][page - its->first[i]] = pte_make((pfn_t){frame}, bits);
}

static void tell_uses(void)
{
    for (unsigned i = 0; i < spaces_made; i++)
        if (space[i].mm.users != 1)
            tell("uses %u %u", i, space[i].mm.users);
}

static void call(const uint64_t a[])
{
    struct trap_frame frame = {.a0 = a[0], .a1 = a[1], .a2 = a[2]};

    process.mm = &space[0].mm;
    tell("call %ld", (long)sys_vmstat(&frame));
    if (is_out)
        tell("what was allocated is not freed");
    is_out = false;
}

static bool given(const char *name, const uint64_t a[])
{
    if (strcmp(name, "new") == 0) {
        make_new();
    } else if (strcmp(name, "cell") == 0) {
        harts[a[0]].events[a[1]] = a[2];
    } else if (strcmp(name, "free") == 0) {
        free_now = a[0];
    } else if (strcmp(name, "swap") == 0) {
        swap.slots = (uint32_t)a[0], swap.used = (uint32_t)a[1];
        swap.with_page = (uint32_t)a[2];
    } else if (strcmp(name, "charged") == 0) {
        total = a[0], limit = a[1];
    } else if (strcmp(name, "space") == 0) {
        space[a[0]].mm.pid = (int)a[1], space[a[0]].mm.users = 1;
        space[a[0]].mm.area_bytes = PAGE_SIZE; /* it stands behind the events */
        spaces_made = (unsigned)a[0] + 1;
    } else if (strcmp(name, "event") == 0) {
        space[a[0]].mm.events[a[1]] = a[2];
    } else if (strcmp(name, "has") == 0) {
        space[a[0]].mm.charged = (struct commit){(int64_t)a[1], (int64_t)a[2]};
        space[a[0]].mm.swapped = a[3];
        space[a[0]].mm.resident = a[3] + 77; /* pages that are mapped: not what is asked for */
    } else if (strcmp(name, "table") == 0) {
        unsigned number = tables_made[a[0]]++;

        space[a[0]].first[number] = a[1];
        space[a[0]].entry[number] = calloc(PTES_PER_TABLE, sizeof(pte_t));
    } else if (strcmp(name, "entry") == 0) {
        set_entry(a[0], a[1], a[2], a[3]);
    } else if (strcmp(name, "frame") == 0) {
        frame_table[a[0]].flags = (uint32_t)a[1];
    } else if (strcmp(name, "memory") == 0) {
        memory = a[0];
    } else if (strcmp(name, "refuse") == 0) {
        refusal = -(int)a[0];
    } else {
        return false;
    }
    return true;
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    struct vm_stats *stats = malloc(sizeof(*stats));

    (void)count;
    memset(stats, 0xa5, sizeof(*stats));
    if (given(name, argument)) {
    } else if (strcmp(name, "sum") == 0) {
        tell("sum %lu", (unsigned long)vm_stat_sum((enum vm_stat_item)argument[0]));
    } else if (strcmp(name, "read") == 0) {
        vm_stats_read(stats, (unsigned)argument[0]);
        tell_stats(stats);
    } else if (strcmp(name, "pages") == 0) {
        tell("pages %lu", (unsigned long)lab_private_pages(&space[argument[0]].mm));
        if (space[argument[0]].mm.page_table.lock.locked)
            tell("the page table's lock is still held");
    } else if (strcmp(name, "one") == 0) {
        int result = vm_stats_read_one(stats, (int)argument[0]);

        tell("one %d", result);
        if (result == 0)
            tell_stats(stats);
        tell_uses();
    } else if (strcmp(name, "call") == 0) {
        call(argument);
        tell_uses();
    } else if (strcmp(name, "print") == 0) {
        lab_print_vm_stats();
        tell("that is all");
    } else {
        return false;
    }
    free(stats);
    return true;
}
