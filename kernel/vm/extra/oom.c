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
#include "vm/faults/fault.h"
#include "vm/mapping/commit.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"

#define WAIT_FRACTION 100u /* of a second: for the victim to be gone */
#define TRIES_MAX 500u

void (*oom_kill_hook)(struct mm_struct *mm, int cause);
static int last_victim; /* atomic: the last one that was told to go; told once only */

/* In memory or in swap. */
static uint64_t unreserved_pages(struct mm_struct *mm)
{
    struct vm_area_struct *vma;
    uint64_t pages = 0;
    pte_t *ptep;

    if (!__atomic_load_n(&mm->is_ready, __ATOMIC_ACQUIRE))
        return 0; /* fork, or exec, still fills it: no lock guards its areas */
    rwlock_read_acquire(&mm->lock);
    for (vma = find_vma(mm, 0); vma; vma = vma_next(vma)) {
        uint64_t va = vma->start;

        if (!(vma->flags & VMA_UNRESERVED))
            continue;
        spin_lock(&mm->page_table.lock);
        for_each_pte (&mm->page_table, va, vma->end, ptep)
            pages += pte_kind(pte_load(ptep)) != PTE_EMPTY;
        spin_unlock(&mm->page_table.lock);
    }
    rwlock_read_release(&mm->lock);
    return pages;
}

/*
 * The space with the most unreserved pages, with a use of it; NULL: nobody has any. *ending: spaces
 * that no walk finds any more, and that still have some of their memory.
 */
static struct mm_struct *largest(uint64_t *most, uint32_t *ending)
{
    struct mm_struct *found = NULL, *mm;

    *most = 0;
    *ending = __atomic_load_n(&spaces, __ATOMIC_ACQUIRE);
    for_each_space(mm) {
        uint64_t pages = unreserved_pages(mm);

        *ending -= *ending > 0;
        if (pages <= *most || !mm_try_get(mm))
            continue;
        if (found)
            mm_put(found);
        *most = pages;
        found = mm;
    }
    return found;
}

/*
 * Nobody has to go, and no fault fails, where memory has come back since the fault could not have
 * it, or will soon.
 */
int oom_make_room(struct vm_fault *fault)
{
    struct rule_state *rule = &fault->rule;
    uint64_t most;
    uint32_t ending;
    struct mm_struct *victim = largest(&most, &ending);
    uint32_t ended = __atomic_load_n(&spaces_ended, __ATOMIC_ACQUIRE); /* after `spaces` */
    bool may_come = ending || ended != rule->ended || rule->tries == 0;
    bool acts = !may_come || rule->tries > TRIES_MAX / 2, is_other = victim && victim != fault->mm;

    rule->ended = ended;
    rule->tries++;
    if (acts && is_other &&
        __atomic_exchange_n(&last_victim, victim->pid, __ATOMIC_RELAXED) != victim->pid)
        printf("pid %d (%s): killed: out of memory: it has %lu unreserved pages, the most of all "
               "(%lu of %lu promised)\n", victim->pid, victim->name, (unsigned long)most,
               (unsigned long)commit_total(), (unsigned long)commit_limit());
    if (acts && is_other)
        oom_kill_hook(victim, CAUSE_NO_MEMORY);
    if (victim)
        mm_put(victim);
    if (acts && (!is_other || rule->tries > TRIES_MAX))
        return -ENOMEM;
    thread_sleep_until(timer_now() + timer_frequency / WAIT_FRACTION);
    return 0;
}
