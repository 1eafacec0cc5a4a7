/*
 * The commands of the lab `pagetable`. There is one space, whose frames the script names by number.
 * A frame that is not in use is poisoned: the sanitizer sees who looks into it.
 *
 * Without the student's help:
 *
 *     new LEVELS ROOT      an empty space with its root in frame ROOT. The upper half of the root
 *                          has entries as the kernel's are: large pages
 *     table VA LEVEL FRAME adds the table of that level on the way to VA, in that frame
 *     put VA LEVEL ENTRY   writes the entry for VA in the table of that level
 *     hint VA, unhint      VA's leaf table becomes the hint; there is none
 *     supply FRAME...      frames, filled with zeros, come to the end of the supply
 *
 * One function of the student's alone:
 *
 *     make PFN ALLOWED     pte_make_user:        = entry E
 *     walk VA              walk_page_table:      = at FRAME INDEX, = nothing, = astray
 *     find VA              pte_find_from_root:   likewise
 *     next VA END          pte_next:             likewise; and = va VA if something was found
 *     needed LEVELS START END FLOOR CEILING      tables_needed_beside: = needed N
 *
 * Several of them:
 *
 *     look VA              pte_find: the hint, or a walk from the root
 *     each VA END          for_each_pte: = pte VA ENTRY for each, 2000 at most, = pte end
 *     leaves VA END        a loop over leaf tables, by pte_next: = leaf VA for each, = leaf end
 *     empty                page_table_drop_empty: = dropped FRAME...
 *
 *     state:
 *     = frame F: INDEX=ENTRY...    each frame in use; not told are entries that are 0, and the
 *                                  kernel's in the root
 *     = changed INDEX ENTRY        one of those that is another now
 *     = list COUNT: F...           table_frames, and the frames on the list
 *     = hint none                  or = hint F for NUMBER
 *     = supply: F...
 *     = state
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "mem/frame.h"
#include "mmu/page_table.h"

#define FRAMES 4096u
#define EACH_MAX 2000
#define KERNEL_ENTRY(i) ((uint64_t)(i) << 28 | 0xe7) /* V, R, W, G, A, D */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *, size_t);
void __asan_unpoison_memory_region(const volatile void *, size_t);
#else
#define __asan_poison_memory_region(address, bytes) ((void)(address), (void)(bytes))
#define __asan_unpoison_memory_region(address, bytes) ((void)(address), (void)(bytes))
#endif

uint64_t host_direct_base;
struct page *frame_table, *frame_origin;
uint64_t frame_first, frame_count = FRAMES;

static struct page_table table;
static struct table_supply supply;
static char *arena;
static bool is_used[FRAMES];

/* ---- frames ---- */

static struct page *use_frame(uint64_t number)
{
    struct page *page = &frame_table[number];

    is_used[number] = true;
    page->counts = PAGE_REF;
    page->class = FRAME_PAGE_TABLE;
    __asan_unpoison_memory_region(page_va(page), PAGE_SIZE);
    memset(page_va(page), 0, PAGE_SIZE);
    return page;
}

void frame_free(struct page *page)
{
    is_used[page_pfn(page).number] = false;
    memset(page_va(page), 0xa5, PAGE_SIZE);
    __asan_poison_memory_region(page_va(page), PAGE_SIZE);
}

struct page *frame_alloc(enum frame_class class, unsigned flags)
{
    (void)class, (void)flags;
    panic("frame_alloc() is called under the page table's lock");
}

static void new_space(uint32_t levels, uint64_t root)
{
    if (!arena) {
        arena = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
        frame_table = calloc(FRAMES, sizeof(*frame_table));
        frame_origin = frame_table;
        host_direct_base = (uint64_t)arena;
    }
    memset(is_used, 0, sizeof(is_used));
    __asan_poison_memory_region(arena, FRAMES * PAGE_SIZE);
    memset(&table, 0, sizeof(table));
    supply.count = 0;
    paging_levels = levels;
    list_init(&table.frames);
    table.levels = levels;
    table.root = page_va(use_frame(root));
    list_add(&frame_table[root].lru.link, &table.frames);
    table.table_frames = 1;
    for (uint64_t i = PTES_PER_TABLE / 2; i < PTES_PER_TABLE; i++)
        table.root[i] = KERNEL_ENTRY(i);
    spin_lock(&table.lock);
}

/* ---- tables, without the student's help ---- */

static pte_t *entry_for(uint64_t va, uint32_t level)
{
    pte_t *entries = table.root;

    for (uint32_t above = table.levels - 1; above > level; above--)
        entries = direct_va((entries[va >> (12 + 9 * above) & 511] >> 10) << 12);
    return &entries[va >> (12 + 9 * level) & 511];
}

static void add_table(uint64_t va, uint32_t level, uint64_t number)
{
    struct page *page = use_frame(number);

    list_add(&page->lru.link, &table.frames);
    table.table_frames++;
    *entry_for(va, level + 1) = number << 10 | 1;
}

static void hint(uint64_t va)
{
    struct page *leaf = va_page(entry_for(va, 0));

    leaf->index = va >> 21;
    table.last_leaf = leaf;
}

/* ---- replies ---- */

static void tell_entry(const pte_t *ptep)
{
    uint64_t offset = (uint64_t)ptep - (uint64_t)arena;

    if (!ptep)
        tell("nothing");
    else if (offset >= FRAMES * PAGE_SIZE)
        tell("astray");
    else
        tell("at %lu %lu", (unsigned long)(offset / PAGE_SIZE),
             (unsigned long)(offset % PAGE_SIZE / sizeof(pte_t)));
}

/* Entries of the root's upper half that lead to tables are like any others. */
static bool is_kernels(const pte_t *entries, unsigned i)
{
    return entries == table.root && i >= PTES_PER_TABLE / 2 && (entries[i] & 0x3ff) != 1;
}

static void tell_frame(uint64_t number)
{
    const pte_t *entries = page_va(&frame_table[number]);

    printf("\n= frame %lu:", (unsigned long)number);
    for (unsigned i = 0; i < PTES_PER_TABLE; i++)
        if (entries[i] && !is_kernels(entries, i))
            printf(" %u=%lx", i, (unsigned long)entries[i]);
    printf("\n");
    for (unsigned i = 0; i < PTES_PER_TABLE; i++)
        if (is_kernels(entries, i) && entries[i] != KERNEL_ENTRY(i))
            tell("changed %u %lx", i, (unsigned long)entries[i]);
}

static void tell_frames(const char *what, const struct list_head *list)
{
    const struct list_head *link;
    uint64_t count = 0;

    printf("\n= %s", what);
    for (link = list->next; link != list && count <= FRAMES; link = link->next, count++)
        printf(" %ld", (long)(container_of(link, struct page, lru.link) - frame_table));
    printf("%s\n", count > FRAMES ? " without end" : "");
}

static void tell_state(void)
{
    char what[40];

    for (uint64_t i = 0; i < FRAMES; i++)
        if (is_used[i])
            tell_frame(i);
    snprintf(what, sizeof(what), "list %lu:", (unsigned long)table.table_frames);
    tell_frames(what, &table.frames);
    if (table.last_leaf)
        tell("hint %ld for %lu", (long)(table.last_leaf - frame_table),
             (unsigned long)table.last_leaf->index);
    else
        tell("hint none");
    printf("\n= supply:");
    for (uint32_t i = 0; i < supply.count && i < MAX_LEVELS; i++)
        printf(" %ld", (long)(supply.frame[i] - frame_table));
    printf("\n");
    tell("state");
}

/* ---- commands ---- */

static void add_to_supply(const uint64_t number[], int count)
{
    for (int i = 0; i < count && supply.count < MAX_LEVELS; i++)
        supply.frame[supply.count++] = use_frame(number[i]);
}

static void next(uint64_t va, uint64_t end)
{
    pte_t *ptep = pte_next(&table, &va, end);

    tell_entry(ptep);
    if (ptep)
        tell("va %lx", (unsigned long)va);
}

static void each(uint64_t va, uint64_t end)
{
    struct page_table *space = &table;
    pte_t *ptep;
    int count = 0;

    for_each_pte (space, va, end, ptep) {
        tell("pte %lx %lx", (unsigned long)va, (unsigned long)pte_load(ptep));
        if (++count == EACH_MAX)
            break;
    }
    tell("pte end");
}

static void leaves(uint64_t va, uint64_t end)
{
    for (int i = 0; i < EACH_MAX && pte_next(&table, &va, end); i++) {
        tell("leaf %lx", (unsigned long)va);
        va = leaf_table_end(va, end);
    }
    tell("leaf end");
}

static void drop_empty(void)
{
    struct list_head removed;
    struct page *page;

    list_init(&removed);
    page_table_drop_empty(&table, &removed);
    tell_frames("dropped", &removed);
    list_for_each_element_safe(page, &removed, lru.link)
        page_put(page);
}

/* What needs no help of the student's. */
static bool prepare(const char *name, const uint64_t argument[], int count)
{
    if (strcmp(name, "new") == 0)
        new_space((uint32_t)argument[0], argument[1]);
    else if (strcmp(name, "table") == 0)
        add_table(argument[0], (uint32_t)argument[1], argument[2]);
    else if (strcmp(name, "put") == 0)
        *entry_for(argument[0], (uint32_t)argument[1]) = argument[2];
    else if (strcmp(name, "hint") == 0)
        hint(argument[0]);
    else if (strcmp(name, "unhint") == 0)
        table.last_leaf = NULL;
    else if (strcmp(name, "supply") == 0)
        add_to_supply(argument, count);
    else if (strcmp(name, "state") == 0)
        tell_state();
    else
        return false;
    return true;
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    if (prepare(name, argument, count))
        return true;
    if (strcmp(name, "make") == 0)
        tell("entry %lx", (unsigned long)pte_make_user((pfn_t){argument[0]}, argument[1]));
    else if (strcmp(name, "walk") == 0)
        tell_entry(walk_page_table(&table, argument[0], &supply));
    else if (strcmp(name, "find") == 0)
        tell_entry(pte_find_from_root(&table, argument[0]));
    else if (strcmp(name, "look") == 0)
        tell_entry(pte_find(&table, argument[0]));
    else if (strcmp(name, "next") == 0)
        next(argument[0], argument[1]);
    else if (strcmp(name, "each") == 0)
        each(argument[0], argument[1]);
    else if (strcmp(name, "leaves") == 0)
        leaves(argument[0], argument[1]);
    else if (strcmp(name, "empty") == 0)
        drop_empty();
    else if (strcmp(name, "needed") == 0)
        tell("needed %lu", (unsigned long)tables_needed_beside((uint32_t)argument[0], argument[1],
                                                               argument[2], argument[3],
                                                               argument[4]));
    else
        return false;
    return true;
}
