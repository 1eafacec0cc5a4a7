/*
 * Kernel stacks. A slot is free (its bit is clear), in use, or spare: a spare stack is mapped, and
 * on the list of spares, which is linked through the lowest word of each. Most new threads get a
 * spare stack: then nothing has to be mapped or fenced.
 *
 * To give a stack up: unmap it, fence all harts, and only then free its frame and its slot.
 */
#include "thread/kstack.h"

#include "lib/bitmap.h"
#include "lib/list.h"
#include "mem/frame.h"
#include "mmu/page_table.h"
#include "mmu/tlb.h"
#include "riscv/memlayout.h"
#include "sync/printf.h"
#include "sync/spinlock.h"

#define SPARE_STACKS 16 /* so many stay when kstack_trim(false) is called */

static struct {
    struct spinlock lock;     /* RANK_KMEM: guards the rest */
    uint64_t *spare;          /* list: the first word of each stack leads to the next */
    uint64_t spare_count;
    uint64_t used[BITMAP_WORDS(STACK_SLOTS)];
} kstacks = {.lock = SPINLOCK("kernel stacks", RANK_KMEM)};

static uint64_t slot_stack(uint64_t slot)
{
    return STACK_BASE + slot * STACK_SLOT + (STACK_SLOT - PAGE_SIZE);
}

static uint64_t stack_slot(uint64_t stack)
{
    return (stack - STACK_BASE) / STACK_SLOT;
}

/* Takes a stack off the list, or returns NULL. Locks: the stacks'. */
static uint64_t *take_spare(void)
{
    uint64_t *stack = kstacks.spare;

    spin_assert_held(&kstacks.lock);
    if (stack) {
        kstacks.spare = (uint64_t *)stack[0];
        kstacks.spare_count--;
    }
    return stack;
}

/* Returns: false: there is no frame for a page table. Sleeps. */
static bool map_stack(uint64_t stack, struct page *page)
{
    struct table_supply supply = {.count = 0};
    pte_t *pte = NULL;

    if (table_supply_fill(&supply, paging_levels, 0) == 0) {
        spin_lock(&kernel_page_table.lock);
        pte = walk_page_table(&kernel_page_table, stack, &supply);
        if (pte) {
            assert(pte_kind(pte_load(pte)) == PTE_EMPTY);
            pte_set(pte, pte_make(page_pfn(page), PTE_KERNEL_DATA));
        }
        spin_unlock(&kernel_page_table.lock);
    }
    table_supply_drop(&supply);
    /* A hart may still go by the empty entry, and a stack must not fault: see "SFENCE.VMA". */
    if (pte)
        flush_tlb_kernel(stack, stack + PAGE_SIZE);
    return pte != NULL;
}

static void *new_stack(uint64_t slot)
{
    struct page *page = frame_alloc(FRAME_STACK, 0);

    if (page && map_stack(slot_stack(slot), page)) {
        page->index = slot;
        return (void *)slot_stack(slot);
    }
    if (page)
        page_put(page);
    spin_lock(&kstacks.lock);
    bitmap_clear(kstacks.used, slot);
    spin_unlock(&kstacks.lock);
    return NULL;
}

void *kstack_alloc(void)
{
    uint64_t slot = STACK_SLOTS;
    void *stack;

    spin_lock(&kstacks.lock);
    stack = take_spare();
    if (!stack) {
        slot = bitmap_find_clear(kstacks.used, STACK_SLOTS, 0);
        if (slot < STACK_SLOTS)
            bitmap_set(kstacks.used, slot);
    }
    spin_unlock(&kstacks.lock);
    if (!stack && slot < STACK_SLOTS)
        stack = new_stack(slot);
    return stack;
}

void kstack_free(void *stack)
{
    uint64_t *words = stack;

    assert(bitmap_test(kstacks.used, stack_slot((uint64_t)stack)));
    spin_lock(&kstacks.lock);
    words[0] = (uint64_t)kstacks.spare;
    kstacks.spare = words;
    kstacks.spare_count++;
    spin_unlock(&kstacks.lock);
}

/* Empties the stack's entry. Returns: its frame. */
static struct page *unmap_stack(uint64_t stack)
{
    struct page *page;
    pte_t *pte;

    spin_lock(&kernel_page_table.lock);
    pte = pte_find(&kernel_page_table, stack);
    page = pfn_page(pte_pfn(pte_swap(&kernel_page_table, stack, pte, 0)));
    spin_unlock(&kernel_page_table.lock);
    assert(page->index == stack_slot(stack));
    return page;
}

uint64_t kstack_trim(bool all)
{
    struct list_head pages = LIST_HEAD_INIT(pages);
    uint64_t keep = all ? 0 : SPARE_STACKS;
    uint64_t freed = 0;
    struct page *page;

    /* A fence of all harts is worth it only for many stacks. */
    if (!all && __atomic_load_n(&kstacks.spare_count, __ATOMIC_RELAXED) <= 2 * keep)
        return 0;
    for (;;) {
        uint64_t *stack;

        spin_lock(&kstacks.lock);
        stack = kstacks.spare_count > keep ? take_spare() : NULL;
        spin_unlock(&kstacks.lock);
        if (!stack)
            break;
        list_add(&unmap_stack((uint64_t)stack)->lru.link, &pages);
    }
    if (list_empty(&pages))
        return 0;
    flush_tlb_kernel(STACK_BASE, slot_stack(STACK_SLOTS));
    list_for_each_element_safe(page, &pages, lru.link) {
        spin_lock(&kstacks.lock);
        bitmap_clear(kstacks.used, page->index);
        spin_unlock(&kstacks.lock);
        page_put(page);
        freed++;
    }
    return freed;
}
