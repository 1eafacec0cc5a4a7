/*
 * The commands of the lab `tlb`: four harts, of which one runs at a time, and eight page tables,
 * whose entries nobody looks at. What a fence would do is told, and judged elsewhere.
 *
 * Without the student's help:
 *
 *     asid BITS           what satp has; at the begin 16
 *     table T             T is a new table, as page_table_init makes it
 *     run H T ASID        hart H has T in satp, under that number; T 255: the kernel's root
 *     was H T             hart H has had T in satp
 *     stale T HARTS       T's stale_on, as bits
 *     gives ASID FLUSH    what asid_enter says to page_table_enter from now on, in place of the
 *                         student's
 *     on H                hart H does what follows
 *     change T VA         the entry for that page is another one: the judge's affair
 *     meanwhile K H OP T X Y
 *                         in front of the K-th atomic operation of the next call hart H comes in
 *                         between. OP 0: flush T X Y; 1: switch T; 2: number, for the X tables
 *                         from T on
 *
 * With it:
 *
 *     flush T START END   flush_tlb_range
 *     enter T, leave T    page_table_enter, page_table_leave; 255: NULL
 *     switch T            leaves what it has, and enters T
 *     number T            asid_enter: = number N flush F generation G
 *     begin T             a batch; page I REFERENCES MAPS: page I comes into it, with these counts
 *     note START END      tlb_batch_note
 *     finish              tlb_batch_finish
 *     sets                = table T running R cached C stale S unfenced U
 *
 * What is told while they work; H is the hart that does it, TO are harts as bits:
 *
 *     = fence H TO ASID START END preempt P held R unfenced U
 *                         a fence is about to be done; ASID -1: all. R: references of the batch's
 *                         pages, U: table->unfenced of the batch's table
 *     = sbi H TO START BYTES preempt P
 *     = fencei H TO       = satp H T ASID       = count H NAME N      = lock H
 *     = mark N            = deferred T TO N     = entered H T
 *     = freed I...        frames_free           = freed-alone I       frame_free
 *     = batch COUNT unfenced U counts C...      struct page's, as they are
 *     = plain NAME T      that member of the table was written by an operation that is not atomic
 *     = meanwhile H       = back H              between them: the other hart's
 *     = did PREEMPT       the call has ended
 */
#define SAN 1
#include <stdio.h>
#include <string.h>

#include "driver.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "mmu/asid.h"
#include "mmu/satp.h"
#include "mmu/tlb.h"
#include "riscv/sbi.h"
#include "sync/trace.h"

#define HARTS 4u
#define TABLES 8u
#define KERNEL 255u
#define PAGES 64u
#define KERNEL_ROOT 0x1000000ul

enum op { OP_FLUSH, OP_SWITCH, OP_NUMBER };

/* harts.h declares these for the windows. */
uint32_t lab_hart(void);
void lab_step(void);
void lab_wrote(const volatile void *cell);
void lab_preempt(int step);
void lab_satp_write(uint64_t value);
uint64_t lab_satp_read(void);
void lab_fence_i(void);
void lab_count(int item, uint64_t n);
uint64_t lab_asid_enter(struct page_table *table, bool *flush);

uint64_t host_direct_base;
struct page *frame_table, *frame_origin;
uint64_t frame_first, frame_count;
struct page_table kernel_page_table = {.root = (pte_t *)KERNEL_ROOT, .levels = 3};
uint32_t paging_levels = 3, hart_count = HARTS;
struct hart harts[MAX_HARTS];

static struct page_table tables[TABLES];
static uint64_t satp[HARTS];
static int preempt[HARTS];
static uint32_t hart;
static bool is_locked, is_given, given_flush;
static uint64_t given_asid, mark;
static struct page pages[PAGES];
static struct tlb_batch batch;
static struct {
    uint64_t at, hart, op, table, x, y;
} other; /* at 0: none comes */
static uint64_t steps;
static bool is_other;

/* What all harts write, and as it was when an atomic operation, or a command, had written it. */
#define WATCHED 4u
static const char *const watched_names[] = {"running_on", "cached_on", "stale_on", "unfenced"};
static uint32_t as_written[TABLES][WATCHED];

/* ---- cells ---- */

static uint32_t *watched(uint32_t t, uint32_t i)
{
    uint32_t *const cells[] = {&tables[t].running_on, &tables[t].cached_on, &tables[t].stale_on,
                               &tables[t].unfenced};

    return cells[i];
}

static void tell_plain_stores(void)
{
    for (uint32_t t = 0; t < TABLES; t++) {
        for (uint32_t i = 0; i < WATCHED; i++) {
            if (*watched(t, i) != as_written[t][i])
                tell("plain %s %u", watched_names[i], t);
            as_written[t][i] = *watched(t, i);
        }
    }
}

void lab_wrote(const volatile void *cell)
{
    for (uint32_t t = 0; t < TABLES; t++)
        for (uint32_t i = 0; i < WATCHED; i++)
            if (watched(t, i) == cell)
                as_written[t][i] = *watched(t, i);
}

static void forget_stores(void)
{
    for (uint32_t t = 0; t < TABLES; t++)
        for (uint32_t i = 0; i < WATCHED; i++)
            as_written[t][i] = *watched(t, i);
}

/* ---- what stands in for the rest ---- */

uint32_t lab_hart(void)
{
    return hart;
}

void lab_preempt(int step)
{
    preempt[hart] += step;
}

static uint64_t table_of(uint64_t value)
{
    uint64_t root = (value & ((1ul << 44) - 1)) << PAGE_SHIFT;

    return root == KERNEL_ROOT ? KERNEL : root / PAGE_SIZE - 1;
}

void lab_satp_write(uint64_t value)
{
    satp[hart] = value;
    tell("satp %u %lu %lu", hart, (unsigned long)table_of(value),
         (unsigned long)(value >> SATP_ASID_SHIFT & 0xffff));
}

uint64_t lab_satp_read(void)
{
    return satp[hart];
}

void lab_fence_i(void)
{
}

void lab_count(int item, uint64_t n)
{
    const char *name = item == VM_STAT_TLB_LOCAL    ? "local"
                       : item == VM_STAT_TLB_ASID   ? "asid"
                       : item == VM_STAT_TLB_REMOTE ? "remote"
                                                    : "other";

    tell("count %u %s %lu", hart, name, (unsigned long)n);
}

static uint64_t references_held(void)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < PAGES; i++)
        sum += (uint32_t)pages[i].counts;
    return sum;
}

void tlb_check_fence(uint32_t to, uint64_t asid, uint64_t start, uint64_t end)
{
    tell("fence %u %u %ld %lx %lx preempt %d held %lu unfenced %u", hart, to, (long)asid,
         (unsigned long)start, (unsigned long)end, preempt[hart],
         (unsigned long)references_held(), batch.table ? batch.table->unfenced : 0);
}

void sbi_remote_sfence_vma(uint64_t to, uint64_t start, uint64_t bytes)
{
    tell("sbi %u %lu %lx %lx preempt %d", hart, (unsigned long)to, (unsigned long)start,
         (unsigned long)bytes, preempt[hart]);
}

void sbi_remote_fence_i(uint64_t to)
{
    (void)to;
}

void tlb_check_fence_i(uint32_t to)
{
    tell("fencei %u %u", hart, to);
}

uint64_t tlb_check_mark(void)
{
    tell("mark %lu", (unsigned long)++mark);
    return mark;
}

void tlb_check_deferred(struct page_table *table, uint32_t to, uint64_t since)
{
    tell("deferred %ld %u %lu", (long)(table - tables), to, (unsigned long)since);
}

void tlb_check_switch(struct page_table *table, uint64_t asid)
{
    (void)table, (void)asid;
}

void tlb_check_entered(struct page_table *table)
{
    tell("entered %u %ld", hart, (long)(table - tables));
}

void lockorder_assert_none(bool sleeping)
{
    (void)sleeping;
    if (is_locked)
        panic("a fence on other harts while a spinlock is held");
}

uint64_t spin_lock_irq(struct spinlock *lock)
{
    spin_lock(lock);
    is_locked = true;
    tell("lock %u", hart);
    return 0;
}

void spin_unlock_irq(struct spinlock *lock, uint64_t flags)
{
    (void)flags;
    spin_unlock(lock);
    is_locked = false;
}

void frames_free(struct page *const page[], uint32_t count)
{
    printf("\n= freed");
    for (uint32_t i = 0; i < count && i <= PAGES; i++)
        printf(" %ld", (long)(page[i] - pages));
    printf("\n");
}

void frame_free(struct page *page)
{
    tell("freed-alone %ld", (long)(page - pages));
}

void trace_write(int pid, enum trace_type type, uint64_t va, uint64_t pfn, uint32_t extra)
{
    (void)pid, (void)type, (void)va, (void)pfn, (void)extra;
}

/* ---- commands ---- */

static struct page_table *table_at(uint64_t number)
{
    return number == KERNEL ? NULL : &tables[number % TABLES];
}

static void number(struct page_table *table)
{
    bool flush = false;
    uint64_t asid = asid_enter(table, &flush);

    tell("number %lu flush %d generation %lu", (unsigned long)asid, flush,
         (unsigned long)(table->context >> 16));
}

uint64_t lab_asid_enter(struct page_table *table, bool *flush)
{
    if (!is_given)
        return asid_enter(table, flush);
    *flush = given_flush;
    return given_asid;
}

static void switch_to(struct page_table *table)
{
    page_table_leave(table_at(table_of(satp[hart])));
    page_table_enter(table);
}

/* The other hart does its part, if it is to come here. What has a lock is not interrupted. */
void lab_step(void)
{
    uint32_t here = hart;

    tell_plain_stores();
    if (is_other || is_locked || ++steps != other.at)
        return;
    is_other = true;
    hart = (uint32_t)other.hart % HARTS;
    tell("meanwhile %u", hart);
    if (other.op == OP_FLUSH) {
        flush_tlb_range(table_at(other.table), other.x, other.y);
    } else if (other.op == OP_SWITCH) {
        switch_to(table_at(other.table));
    } else {
        for (uint64_t i = 0; i < other.x; i++)
            number(table_at(other.table + i));
    }
    tell("back %u", hart);
    hart = here;
    is_other = false;
}

static void new_table(uint64_t t)
{
    memset(&tables[t], 0, sizeof(tables[t]));
    tables[t].root = (pte_t *)((t + 1) << PAGE_SHIFT);
    tables[t].levels = 3;
    tables[t].stale_on = UINT32_MAX;
}

static void run(uint64_t h, struct page_table *table, uint64_t asid)
{
    satp[h] = satp_make(table ? table : &kernel_page_table, asid);
    if (table) {
        table->running_on |= 1u << h;
        table->cached_on |= 1u << h;
    }
}

static void tell_batch(void)
{
    printf("\n= batch %u unfenced %u counts", batch.count, batch.table->unfenced);
    for (uint32_t i = 0; i < PAGES; i++)
        printf(" %lx", (unsigned long)pages[i].counts);
    printf("\n");
}

static void tell_sets(void)
{
    for (uint32_t t = 0; t < TABLES; t++)
        if (tables[t].root)
            tell("table %u running %u cached %u stale %u unfenced %u", t, tables[t].running_on,
                 tables[t].cached_on, tables[t].stale_on, tables[t].unfenced);
    tell("sets");
}

static bool prepare(const char *name, const uint64_t x[])
{
    if (strcmp(name, "asid") == 0)
        asid_bits = (uint32_t)x[0];
    else if (strcmp(name, "table") == 0)
        new_table(x[0]);
    else if (strcmp(name, "run") == 0)
        run(x[0], table_at(x[1]), x[2]);
    else if (strcmp(name, "was") == 0)
        table_at(x[1])->cached_on |= 1u << x[0];
    else if (strcmp(name, "stale") == 0)
        table_at(x[0])->stale_on = (uint32_t)x[1];
    else if (strcmp(name, "gives") == 0)
        is_given = true, given_asid = x[0], given_flush = x[1] != 0;
    else if (strcmp(name, "on") == 0)
        hart = (uint32_t)x[0];
    else if (strcmp(name, "meanwhile") == 0)
        other.at = x[0], other.hart = x[1], other.op = x[2], other.table = x[3], other.x = x[4],
        other.y = x[5];
    else if (strcmp(name, "begin") == 0)
        memset(pages, 0, sizeof(pages)), tlb_batch_begin(&batch, table_at(x[0]));
    else if (strcmp(name, "page") == 0)
        pages[x[0]].counts = x[1] | x[2] << 32, batch.page[batch.count++] = &pages[x[0]];
    else if (strcmp(name, "note") == 0)
        tlb_batch_note(&batch, x[0], x[1]);
    else if (strcmp(name, "sets") == 0)
        tell_sets();
    else
        return strcmp(name, "change") == 0;
    return true;
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    static bool is_ready;

    (void)count;
    if (!is_ready) {
        is_ready = true;
        asid_bits = 16;
        for (uint32_t h = 0; h < HARTS; h++)
            satp[h] = satp_make(&kernel_page_table, 0);
    }
    if (prepare(name, argument)) {
        forget_stores();
        return true;
    }
    steps = 0;
    if (strcmp(name, "flush") == 0)
        flush_tlb_range(table_at(argument[0]), argument[1], argument[2]);
    else if (strcmp(name, "enter") == 0)
        page_table_enter(table_at(argument[0]));
    else if (strcmp(name, "leave") == 0)
        page_table_leave(table_at(argument[0]));
    else if (strcmp(name, "switch") == 0)
        switch_to(table_at(argument[0]));
    else if (strcmp(name, "number") == 0)
        number(table_at(argument[0]));
    else if (strcmp(name, "finish") == 0)
        tlb_batch_finish(&batch), tell_batch();
    else
        return false;
    other.at = 0;
    tell_plain_stores();
    tell("did %d", preempt[hart]);
    return true;
}
