/*
 * Out of memory. Only processes with unreserved memory (MAP_NORESERVE, sbrklazy, OVERCOMMIT=always)
 * can be killed here; all else was refused before it was granted.
 */
#include "vm/extra/oom.h"

#include "abi/errno.h"
#include "abi/wait.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "thread/thread.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"

#define WAIT_FRACTION 100u /* of a second: for the victim to be gone */
#define TRIES_MAX 500u

void (*oom_kill_hook)(struct mm_struct *mm, int cause);
static int last_victim; /* atomic: the last one that was told to go; told once only */

/* Pages, in memory or in swap, of an area. Locks: the mm lock for reading. */
static uint64_t area_pages(struct mm_struct *mm, const struct vm_area_struct *vma)
{
    uint64_t va = vma->start, pages = 0;
    pte_t *ptep;

    spin_lock(&mm->page_table.lock);
    for_each_pte (&mm->page_table, va, vma->end, ptep)
        pages += pte_kind(pte_load(ptep)) != PTE_EMPTY;
    spin_unlock(&mm->page_table.lock);
    return pages;
}

static uint64_t unreserved_pages(struct mm_struct *mm)
{
    struct vm_area_struct *vma;
    uint64_t pages = 0;

    if (!__atomic_load_n(&mm->is_ready, __ATOMIC_ACQUIRE))
        return 0; /* fork, or exec, still fills it: no lock guards its areas */
    rwlock_read_acquire(&mm->lock);
    for (vma = find_vma(mm, 0); vma; vma = vma_next(vma))
        if (vma->flags & VMA_UNRESERVED)
            pages += area_pages(mm, vma);
    rwlock_read_release(&mm->lock);
    return pages;
}

/* The space with the most unreserved pages, with a use of it; NULL: nobody has any. */
static struct mm_struct *largest(uint64_t *most)
{
    struct mm_struct *found = NULL, *mm;

    *most = 0;
    for_each_space(mm) {
        uint64_t pages = unreserved_pages(mm);

        if (pages <= *most || !mm_try_get(mm))
            continue;
        if (found)
            mm_put(found);
        *most = pages;
        found = mm;
    }
    return found;
}

int oom_make_room(struct mm_struct *mm, uint32_t tries)
{
    uint64_t most;
    struct mm_struct *victim = tries < TRIES_MAX ? largest(&most) : NULL;
    bool is_other = victim && victim != mm;

    if (is_other && __atomic_exchange_n(&last_victim, victim->pid, __ATOMIC_RELAXED) != victim->pid)
        printf("pid %d (%s): killed: out of memory: it has %lu unreserved pages, the most of all "
               "(%lu of %lu promised)\n", victim->pid, victim->name, (unsigned long)most,
               (unsigned long)commit_total(), (unsigned long)commit_limit());
    if (is_other)
        oom_kill_hook(victim, CAUSE_NO_MEMORY);
    if (victim)
        mm_put(victim);
    if (!is_other)
        return -ENOMEM;
    thread_sleep_until(timer_now() + timer_frequency / WAIT_FRACTION);
    return 0;
}
