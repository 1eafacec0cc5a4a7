/*
 * Address spaces: made, switched, destroyed. Chapter "Memory Mapping".
 *
 * What always holds: mm->charged is the sum of what its areas were charged, plus the whole stack
 * limit and the root table; a frame leaves the page table only through a TLB batch.
 */
#include "vm/mapping/mm.h"

#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "riscv/csr.h"
#include "sync/race.h"
#include "thread/thread.h"
#include "vm/faults/page_rules.h"
#include "vm/mapping/area.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/unmap.h"
#include "vm/replacement/family.h"

const struct page_rules *extra_rules;
uint32_t spaces, spaces_ended;
static const struct commit root_charge = {.unswappable = 1};

struct mm_struct *mm_create(struct mm_struct *sibling)
{
    struct mm_struct *mm = kmem_alloc(sizeof(*mm), 0);

    if (!mm)
        return NULL;
    rwlock_init(&mm->lock, "mm", RANK_MM);
    sleeplock_init(&mm->mlock_lock, "mlock", RANK_OUTER);
    if (mm_charge(mm, root_charge) != 0)
        goto free_mm;
    if (page_table_init(&mm->page_table, paging_levels) != 0)
        goto uncharge;
    if (family_join(mm, sibling) != 0)
        goto free_table;
    mm->users = 1;
    __atomic_fetch_add(&spaces, 1, __ATOMIC_RELAXED);
    return mm;

free_table:
    page_table_destroy(&mm->page_table);
uncharge:
    mm_uncharge(mm, root_charge);
free_mm:
    kmem_free(mm);
    return NULL;
}

static void mm_destroy(struct mm_struct *mm)
{
    struct vm_area_struct *vma;

    race_window(); /* nobody finds it any more, and it has all its memory: see vm/extra/oom.c */
    while ((vma = find_vma(mm, 0)) != NULL) {
        unmap_page_range(mm, vma->start, vma->end);
        vma_remove(mm, vma);
        area_close(vma);
    }
    family_leave(mm);
    if (mm->rules)
        mm->rules->end(mm);
    page_table_destroy(&mm->page_table);
    commit_release(mm->charged);
    __atomic_fetch_add(&spaces_ended, 1, __ATOMIC_RELEASE);
    __atomic_fetch_sub(&spaces, 1, __ATOMIC_RELEASE);
    kmem_free(mm);
}

void mm_put(struct mm_struct *mm)
{
    if (__atomic_fetch_sub(&mm->users, 1, __ATOMIC_ACQ_REL) == 1)
        mm_destroy(mm);
}

bool mm_try_get(struct mm_struct *mm)
{
    uint32_t users = __atomic_load_n(&mm->users, __ATOMIC_RELAXED);

    while (users != 0 && !__atomic_compare_exchange_n(&mm->users, &users, users + 1, false,
                                                      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        ;
    return users != 0;
}

/*
 * Interrupts are off between leaving one space and entering the other, so no switch sees it half
 * done.
 */
void mm_switch(struct mm_struct *mm)
{
    struct thread *thread = current_thread();
    uint64_t interrupts = interrupts_save();

    page_table_leave(thread->space);
    thread->space = mm ? &mm->page_table : NULL;
    page_table_enter(thread->space);
    interrupts_restore(interrupts);
}
