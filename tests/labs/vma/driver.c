/*
 * The commands of the lab `vma`. Addresses and lengths are in pages; the offset in an object, and
 * how many bytes an area has of it, are in bytes. ACCESS: 1 read, 2 write, 4 execute. OBJECT: 0 is
 * anonymous memory. After most commands the address space is told as it is.
 *
 *     new                             an empty address space
 *     area START END ACCESS OBJECT OFFSET BYTES FLAGS MAX
 *                                     an area comes, without the student's help; MAX 0: all access
 *     decoy START END GAP             last_found leads to an area that is in no tree
 *     memory N                        N allocations and charges succeed from now on, then none
 *     structs N                       the same of allocations alone
 *     full                            the space has as many areas as there may be
 *
 * One function of the student's alone:
 *
 *     find PAGE BYTE     find_vma: = found AREA, = last AREA
 *     around START END   vma_find_range: = around START END below AREA first ... last ... above ...
 *     gap LENGTH TOP     vma_find_gap: = gap START END below ..., or = no gap
 *     ask LOW HIGH       areas_alike, of the areas that begin there: = alike, or = different
 *     split PAGE         area_split, of the area that has the page: = split RESULT
 *     merge START END    areas_merge
 *
 * AREA is the page where it begins, `nothing`, `decoy` or `stranger`: it is not in the tree. More
 * of them together:
 *
 *     isolate START END               areas_isolate: = isolated RESULT, = around ...
 *     map START END ACCESS OBJECT OFFSET BYTES
 *     place LENGTH TOP ACCESS         a map of memory in the highest gap: = placed START, = no gap
 *     unmap START END
 *     protect START END ACCESS        as mprotect: isolates, changes the access, merges
 *
 *     quiet 0|1                       1: no more is told after each command, but by `state`
 *     state
 *
 *     = area START END access A max M flags F object O offset X bytes B gap G
 *     = tree COUNT largest L          vma_count; the root's largest gap
 *     = charged N sum N areas N       of the space; of the machine; areas that were not freed
 *     = object O uses N: START...     the areas on its list
 *     = state
 *
 * While a command is carried out:
 *
 *     = open START END offset X bytes B lower END BYTES    lower: of the area listed below it
 *     = close START
 *     = unlocked START                its file_bytes changed without the lock of the object's list
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "abi/errno.h"
#include "mem/kmem.h"
#include "sync/printf.h"
#include "vm/mapping/area.h"
#include "vm/mapping/charge.h"

/* window.c has them. */
int lab_area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at);
bool lab_areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper);

#define OBJECTS 4u
#define AREAS_TOLD 4096u

const struct page_rules *extra_rules;
bool commit_always;

static struct mm_struct mm;
static struct vm_object object[OBJECTS]; /* 0 is none */
static unsigned uses[OBJECTS];
static struct vm_area_struct decoy;
static uint64_t memory_left, structs_left;
static struct commit sum;
static long areas_there;
static bool is_quiet;

/* What file_bytes were when the list was last locked, or at the end of the last command. */
static struct known {
    struct vm_area_struct *vma;
    uint64_t bytes;
} known[AREAS_TOLD];
static unsigned known_count;

/* ---- what stands in for the kernel ---- */

static bool take_memory(void)
{
    if (memory_left == 0)
        return false;
    memory_left--;
    return true;
}

void *kmem_alloc(size_t bytes, unsigned flags)
{
    (void)flags;
    if (structs_left == 0 || !take_memory())
        return NULL;
    structs_left--;
    areas_there++;
    return calloc(1, bytes);
}

bool kmem_free(void *freed)
{
    areas_there -= freed != NULL;
    free(freed);
    return false;
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

static void look_at_bytes(void)
{
    for (unsigned i = 0; i < known_count; i++)
        if (known[i].vma->file_bytes != known[i].bytes)
            tell("unlocked %lu", (unsigned long)(known[i].vma->start >> PAGE_SHIFT));
}

static void remember_bytes(void)
{
    struct vm_area_struct *vma;

    known_count = 0;
    for (unsigned i = 1; i < OBJECTS; i++)
        list_for_each_element(vma, &object[i].vmas, object_link)
            if (known_count < AREAS_TOLD)
                known[known_count++] = (struct known){vma, vma->file_bytes};
}

void sleeplock_acquire(struct sleeplock *lock)
{
    if (lock->state)
        panic("a lock is taken twice");
    lock->state = 1;
    look_at_bytes();
}

void sleeplock_release(struct sleeplock *lock)
{
    if (!lock->state)
        panic("a lock is released that is not held");
    lock->state = 0;
    remember_bytes();
}

/* The listed area that begins below vma, of the same object, and highest of these; or NULL. */
static struct vm_area_struct *listed_below(struct vm_area_struct *vma)
{
    struct vm_area_struct *each, *found = NULL;

    list_for_each_element(each, &vma->object->vmas, object_link)
        if (each->start < vma->start && (!found || each->start > found->start))
            found = each;
    return found;
}

static int lab_open(struct vm_area_struct *vma)
{
    struct vm_area_struct *lower;

    sleeplock_acquire(&vma->object->vma_lock);
    lower = listed_below(vma);
    if (!is_quiet)
        tell("open %lu %lu offset %lu bytes %lu lower %lu %lu",
             (unsigned long)(vma->start >> PAGE_SHIFT), (unsigned long)(vma->end >> PAGE_SHIFT),
             (unsigned long)vma->offset, (unsigned long)vma->file_bytes,
             (unsigned long)(lower ? lower->end >> PAGE_SHIFT : 0),
             (unsigned long)(lower ? lower->file_bytes : 0));
    uses[vma->object - object]++;
    list_add(&vma->object_link, &vma->object->vmas);
    sleeplock_release(&vma->object->vma_lock);
    return 0;
}

static void lab_close(struct vm_area_struct *vma)
{
    sleeplock_acquire(&vma->object->vma_lock);
    if (!is_quiet)
        tell("close %lu", (unsigned long)(vma->start >> PAGE_SHIFT));
    uses[vma->object - object]--;
    list_del(&vma->object_link);
    sleeplock_release(&vma->object->vma_lock);
}

static const struct vm_operations_struct lab_ops = {.open = lab_open, .close = lab_close};

/* ---- telling ---- */

static struct vm_area_struct *area_of(struct rb_node *node)
{
    return node ? container_of(node, struct vm_area_struct, node) : NULL;
}

static struct vm_area_struct *first_area(void)
{
    return area_of(rb_first(&mm.vmas));
}

static struct vm_area_struct *after(struct vm_area_struct *vma)
{
    return area_of(rb_next(&vma->node));
}

/* AREA, as it is told; the text is good until eight more were asked for. */
static const char *name_of(const struct vm_area_struct *vma)
{
    static char text[8][24];
    static unsigned next;
    char *name = text[next++ % 8];

    if (!vma || vma == &decoy)
        return vma ? "decoy" : "nothing";
    for (struct vm_area_struct *each = first_area(); each; each = after(each)) {
        if (each != vma)
            continue;
        snprintf(name, sizeof text[0], "%lu", (unsigned long)(vma->start >> PAGE_SHIFT));
        return name;
    }
    return "stranger";
}

static void tell_range(const char *what, const struct vma_range *range)
{
    tell("%s %ld %ld below %s first %s last %s above %s", what,
         (long)range->start >> PAGE_SHIFT, (long)range->end >> PAGE_SHIFT, name_of(range->below),
         name_of(range->first), name_of(range->last), name_of(range->above));
}

static void tell_object(unsigned number)
{
    struct vm_area_struct *vma;

    printf("\n= object %u uses %u:", number, uses[number]);
    list_for_each_element(vma, &object[number].vmas, object_link)
        printf(" %lu", (unsigned long)(vma->start >> PAGE_SHIFT));
    printf("\n");
}

static void tell_area(const struct vm_area_struct *vma)
{
    printf("\n= area %lu %lu access %u max %u flags %u object %ld offset %lu bytes %lu gap %lu\n",
           (unsigned long)(vma->start >> PAGE_SHIFT), (unsigned long)(vma->end >> PAGE_SHIFT),
           vma->access / ACCESS_READ, vma->access_max / ACCESS_READ, vma->flags,
           vma->object ? (long)(vma->object - object) : 0l, (unsigned long)vma->offset,
           (unsigned long)vma->file_bytes, (unsigned long)(vma->gap >> PAGE_SHIFT));
}

static void tell_state(void)
{
    struct vm_area_struct *root = area_of(mm.vmas.node);
    unsigned count = 0;

    for (struct vm_area_struct *vma = first_area(); vma && count < AREAS_TOLD; vma = after(vma)) {
        tell_area(vma);
        count++;
    }
    tell("tree %u largest %lu", mm.vma_count,
         (unsigned long)(root ? root->largest_gap >> PAGE_SHIFT : 0));
    tell("charged %ld sum %ld areas %ld", (long)mm.charged.unswappable, (long)sum.unswappable,
         areas_there);
    for (unsigned i = 1; i < OBJECTS; i++)
        if (uses[i] || !list_empty(&object[i].vmas))
            tell_object(i);
    tell("state");
}

/* ---- doing ---- */

static void new_space(void)
{
    memset(&mm, 0, sizeof mm);
    memset(&sum, 0, sizeof sum);
    memset(uses, 0, sizeof uses);
    memory_left = structs_left = UINT64_MAX;
    areas_there = 0;
    known_count = 0;
    for (unsigned i = 0; i < OBJECTS; i++) {
        sleeplock_init(&object[i].vma_lock, "object", RANK_FAMILY);
        list_init(&object[i].vmas);
    }
}

/* The area with the page, or NULL: without the student's help. */
static struct vm_area_struct *area_with(uint64_t page)
{
    for (struct vm_area_struct *vma = first_area(); vma; vma = after(vma))
        if (vma->start <= page << PAGE_SHIFT && page << PAGE_SHIFT < vma->end)
            return vma;
    return NULL;
}

/* argument: as those of the command `area`. No area is there. Memory is not short for this. */
static void put_area(const uint64_t argument[])
{
    uint64_t left = memory_left, structs = structs_left;
    struct vm_area_struct *vma, *each;
    struct vma_range range = {0};

    memory_left = structs_left = UINT64_MAX;
    vma = kmem_alloc(sizeof *vma, 0);
    vma->start = argument[0] << PAGE_SHIFT;
    vma->end = argument[1] << PAGE_SHIFT;
    vma->access = (uint16_t)(argument[2] * ACCESS_READ);
    vma->access_max = (uint16_t)((argument[7] ? argument[7] : 7) * ACCESS_READ);
    vma->flags = (unsigned)argument[6];
    vma->mm = &mm;
    if (argument[3]) {
        vma->object = &object[argument[3] % OBJECTS];
        vma->ops = &lab_ops;
    }
    vma->offset = argument[4];
    vma->file_bytes = argument[5];
    for (each = first_area(); each && each->start < vma->start; each = after(each))
        range.below = each;
    range.above = each;
    mm_charge(&mm, charge_of_next_area(&mm));
    if (vma->ops)
        vma->ops->open(vma);
    vma_insert(&mm, vma, &range);
    memory_left = left;
    structs_left = structs;
}

/* The areas in the range go, which was isolated. */
static void drop_areas(struct vma_range *range)
{
    while (range->first != range->above) {
        struct vm_area_struct *vma = range->first;

        range->first = vma_remove(&mm, vma);
        mm_uncharge(&mm, charge_of_next_area(&mm));
        area_close(vma);
    }
}

/* Whole areas of [start, end) are to be changed: true, or it is told why not. */
static bool isolate(uint64_t start, uint64_t end, struct vma_range *range)
{
    int error = areas_isolate(&mm, start << PAGE_SHIFT, end << PAGE_SHIFT, range);

    if (error)
        tell("isolated %d", error);
    return error == 0;
}

static void map_areas(const uint64_t argument[])
{
    struct vma_range range;

    if (!isolate(argument[0], argument[1], &range))
        return;
    drop_areas(&range);
    put_area(argument);
    areas_merge(&mm, range.start, range.end);
}

static void place(const uint64_t argument[])
{
    uint64_t wanted[ARGUMENTS_MAX] = {0};
    struct vma_range range;

    if (!vma_find_gap(&mm, argument[0] << PAGE_SHIFT, argument[1] << PAGE_SHIFT, &range)) {
        tell("no gap");
        return;
    }
    tell("placed %lu", (unsigned long)(range.start >> PAGE_SHIFT));
    wanted[0] = range.start >> PAGE_SHIFT;
    wanted[1] = range.end >> PAGE_SHIFT;
    wanted[2] = argument[2];
    put_area(wanted);
    areas_merge(&mm, range.start, range.end);
}

static void unmap(const uint64_t argument[])
{
    struct vma_range range;

    if (isolate(argument[0], argument[1], &range))
        drop_areas(&range);
}

static void protect(const uint64_t argument[])
{
    struct vma_range range;

    if (!isolate(argument[0], argument[1], &range))
        return;
    for (struct vm_area_struct *vma = range.first; vma && vma != range.above; vma = after(vma))
        vma->access = (uint16_t)(argument[2] * ACCESS_READ);
    areas_merge(&mm, range.start, range.end);
}

static void find(const uint64_t argument[])
{
    struct vm_area_struct *found = find_vma(&mm, (argument[0] << PAGE_SHIFT) + argument[1]);

    tell("found %s", name_of(found));
    tell("last %s", name_of(mm.last_found));
}

static void around(const uint64_t argument[])
{
    struct vma_range range;

    memset(&range, 0xaa, sizeof range);
    vma_find_range(&mm, argument[0] << PAGE_SHIFT, argument[1] << PAGE_SHIFT, &range);
    tell_range("around", &range);
}

static void gap(const uint64_t argument[])
{
    struct vma_range range;

    memset(&range, 0xaa, sizeof range);
    if (vma_find_gap(&mm, argument[0] << PAGE_SHIFT, argument[1] << PAGE_SHIFT, &range))
        tell_range("gap", &range);
    else
        tell("no gap");
}

static void ask(const uint64_t argument[])
{
    struct vm_area_struct *lower = area_with(argument[0]), *upper = area_with(argument[1]);

    tell(lower && upper && lab_areas_alike(lower, upper) ? "alike" : "different");
}

static void split(const uint64_t argument[])
{
    struct vm_area_struct *vma = area_with(argument[0]);

    if (vma)
        tell("split %d", lab_area_split(&mm, vma, argument[0] << PAGE_SHIFT));
}

static void merge(const uint64_t argument[])
{
    areas_merge(&mm, argument[0] << PAGE_SHIFT, argument[1] << PAGE_SHIFT);
}

static void isolate_only(const uint64_t argument[])
{
    struct vma_range range;

    if (!isolate(argument[0], argument[1], &range))
        return;
    tell("isolated 0");
    tell_range("around", &range);
}

static void set_decoy(const uint64_t argument[])
{
    decoy.start = argument[0] << PAGE_SHIFT;
    decoy.end = argument[1] << PAGE_SHIFT;
    decoy.gap = argument[2] << PAGE_SHIFT;
    mm.last_found = &decoy;
}

static void do_new(const uint64_t argument[])
{
    (void)argument;
    new_space();
}

static void set_memory(const uint64_t argument[])
{
    memory_left = argument[0];
}

static void set_structs(const uint64_t argument[])
{
    structs_left = argument[0];
}

static void fill_up(const uint64_t argument[])
{
    (void)argument;
    mm.vma_count = MM_MAX_AREAS;
}

static void set_quiet(const uint64_t argument[])
{
    is_quiet = argument[0] != 0;
}

static void do_nothing(const uint64_t argument[])
{
    (void)argument;
}

static const struct {
    const char *name;
    void (*act)(const uint64_t argument[]);
    bool tells_state;
} commands[] = {
    {"new", do_new, false},      {"area", put_area, false},     {"decoy", set_decoy, false},
    {"memory", set_memory, false}, {"structs", set_structs, false},
    {"full", fill_up, false},    {"quiet", set_quiet, false},
    {"find", find, false},       {"around", around, false},     {"gap", gap, false},
    {"ask", ask, false},         {"split", split, true},        {"merge", merge, true},
    {"isolate", isolate_only, true}, {"map", map_areas, true},  {"place", place, true},
    {"unmap", unmap, true},      {"protect", protect, true},    {"state", do_nothing, false},
};

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    bool is_state = strcmp(name, "state") == 0;

    (void)count;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        commands[i].act(argument);
        look_at_bytes();
        remember_bytes();
        if (is_state || (commands[i].tells_state && !is_quiet))
            tell_state();
        return true;
    }
    return false;
}
