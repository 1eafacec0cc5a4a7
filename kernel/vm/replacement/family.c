/*
 * The pool of families, and the numbers of spaces. See vm/replacement/family.h.
 *
 * guards: p = pool_lock; f = family->lock (sleeping, RANK_FAMILY); both to change membership
 */
#include "vm/replacement/family.h"

#include "abi/errno.h"
#include "vm/mapping/mm.h"

static struct spinlock pool_lock = SPINLOCK("families", RANK_SWAP);
static struct family families[MM_MAX];
static struct list_head free_families = LIST_HEAD_INIT(free_families); /* p */
static struct mm_struct *numbered[MM_MAX]; /* p */
static unsigned next_number;               /* p: where to look for a free one */

void family_init(void)
{
    for (unsigned i = 0; i < MM_MAX; i++) {
        sleeplock_init(&families[i].lock, "family", RANK_FAMILY);
        list_init(&families[i].members);
        list_add_tail(&families[i].free_link, &free_families);
    }
}

int family_join(struct mm_struct *mm, struct mm_struct *sibling)
{
    int error = -ENOMEM;

    spin_lock(&pool_lock);
    mm->family = sibling ? sibling->family
                         : list_first_element(&free_families, struct family, free_link);
    for (unsigned i = 0; i < MM_MAX && mm->family && error; i++) {
        unsigned number = (next_number + i) % MM_MAX;

        if (!numbered[number]) {
            numbered[number] = mm;
            mm->number = (uint16_t)number;
            next_number = number + 1;
            error = 0;
        }
    }
    if (!error && !sibling)
        list_del(&mm->family->free_link);
    spin_unlock(&pool_lock);
    if (error)
        return error;
    sleeplock_acquire(&mm->family->lock);
    list_add_tail(&mm->family_link, &mm->family->members);
    sleeplock_release(&mm->family->lock);
    return 0;
}

void family_leave(struct mm_struct *mm)
{
    struct family *family = mm->family;
    bool last;

    sleeplock_acquire(&family->lock);
    list_del(&mm->family_link);
    last = list_empty(&family->members);
    spin_lock(&pool_lock);
    numbered[mm->number] = NULL;
    if (last)
        list_add_tail(&family->free_link, &free_families);
    spin_unlock(&pool_lock);
    sleeplock_release(&family->lock);
}

struct mm_struct *family_member(unsigned number)
{
    struct mm_struct *mm;

    spin_lock(&pool_lock);
    mm = numbered[number];
    if (mm && !mm_try_get(mm))
        mm = NULL;
    spin_unlock(&pool_lock);
    return mm;
}

struct mm_struct *space_next(struct mm_struct *after)
{
    unsigned number = after ? after->number + 1u : 0;
    struct mm_struct *mm = NULL;

    for (; number < MM_MAX && !mm; number++)
        mm = family_member(number);
    if (after)
        mm_put(after);
    return mm;
}

struct mm_struct *family_last_mapper(const struct family *family, const struct page *page)
{
    struct mm_struct *mm;

    spin_lock(&pool_lock);
    mm = numbered[page->mapper];
    if (mm && mm->family != family)
        mm = NULL; /* a member cannot leave now */
    spin_unlock(&pool_lock);
    return mm;
}
