/* The two sums of memory that is charged. See vm/mapping/commit.h. */
#include "vm/mapping/commit.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "sync/printf.h"
#include "sync/spinlock.h"

#define RESERVE_MIN ((int64_t)(512 * 1024 / PAGE_SIZE)) /* frames */

bool commit_always;

static struct spinlock lock = SPINLOCK("commit", RANK_COMMIT); /* guards the sums */
static struct commit sum;
static int64_t limit_total;   /* changes with swap only */
static int64_t limit_unswappable;

void commit_init(void)
{
    int64_t frames = (int64_t)frame_managed;
    int64_t reserve = frames / 8;

    if (reserve < RESERVE_MIN)
        reserve = RESERVE_MIN;
    limit_total = frames - reserve;
    limit_unswappable = frames - reserve;
}

int commit_charge(struct commit amount)
{
    int error = 0;

    spin_lock(&lock);
    if (sum.pages + sum.unswappable + amount.pages + amount.unswappable > limit_total ||
        sum.unswappable + amount.unswappable > limit_unswappable)
        error = -ENOMEM;
    else
        commit_add(&sum, 1, amount);
    spin_unlock(&lock);
    return error;
}

void commit_release(struct commit amount)
{
    spin_lock(&lock);
    commit_add(&sum, -1, amount);
    assert(sum.pages >= 0 && sum.unswappable >= 0);
    spin_unlock(&lock);
}

void commit_limit_change(int64_t pages)
{
    spin_lock(&lock);
    limit_total += pages;
    spin_unlock(&lock);
}

int commit_limit_lower(int64_t pages)
{
    int error = 0;

    spin_lock(&lock);
    if (sum.pages + sum.unswappable > limit_total - pages)
        error = -ENOMEM;
    else
        limit_total -= pages;
    spin_unlock(&lock);
    return error;
}

uint64_t commit_total(void)
{
    return (uint64_t)(sum.pages + sum.unswappable);
}

uint64_t commit_limit(void)
{
    return (uint64_t)limit_total;
}
