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
static struct mm_struct *numbered[MM_MAX]; /* p; a member's own also under f */
static struct family *family_of[MM_MAX];   /* f, p: by number, while its space is a member */
static unsigned next_number;               /* p: where to look for a free one */

void family_init(void)
{
    for (unsigned i = 0; i < MM_MAX; i++) {
        sleeplock_init(&families[i].lock, "family", RANK_FAMILY);
        list_init(&families[i].members);
        list_add_tail(&families[i].free_link, &free_families);
    }
}

/* Gives mm a number and, where it has none yet, a family. */
static int pool_take(struct mm_struct *mm)
{
    int error = -ENOMEM;

    spin_lock(&pool_lock);
    for (unsigned i = 0; i < MM_MAX && error; i++) {
        unsigned number = (next_number + i) % MM_MAX;

        if (!numbered[number] && (mm->family || !list_empty(&free_families))) {
            numbered[number] = mm;
            mm->number = (uint16_t)number;
            next_number = number + 1;
            error = 0;
        }
    }
    if (!error && !mm->family) {
        mm->family = container_of(list_first(&free_families), struct family, free_link);
        list_del(&mm->family->free_link);
    }
    spin_unlock(&pool_lock);
    return error;
}

int family_join(struct mm_struct *mm, struct mm_struct *sibling)
{
    int error;

    mm->family = sibling ? sibling->family : NULL;
    error = pool_take(mm);
    if (error)
        return error;
    sleeplock_acquire(&mm->family->lock);
    list_add_tail(&mm->family_link, &mm->family->members);
    __atomic_store_n(&family_of[mm->number], mm->family, __ATOMIC_RELEASE);
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
    __atomic_store_n(&family_of[mm->number], NULL, __ATOMIC_RELEASE);
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
    struct family *last = __atomic_load_n(&family_of[page->mapper], __ATOMIC_ACQUIRE);

    return last == family ? numbered[page->mapper] : NULL; /* it cannot leave now */
}
