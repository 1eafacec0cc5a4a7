/*
 * A key identifies a futex word. Private memory: the address space and the address. Shared memory:
 * the object and the place in it, which all its mappings have in common.
 *
 * A key holds a reference to its object from key_find to key_put. Without it, the last mapping
 * could be removed during a sleep, a new object could get the address of the old one, and the
 * sleeper would take wake-ups meant for others. A space needs no reference: it belongs to the
 * running process, which keeps it until all its threads have left this file.
 *
 * No wake-up is lost. A sleeper compares the word and joins the list under the bucket's lock; a
 * waker has changed the word before it takes that lock. So either the sleeper sees the new value,
 * or the waker sees the sleeper. A sleeper that is killed after it was woken passes the wake-up on.
 */
#include "proc/futex.h"

#include "abi/errno.h"
#include "thread/thread.h"
#include "thread/waitq.h"
#include "vm/cache/object.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/vma.h"

#define BUCKETS 64

struct futex_key {
    struct mm_struct *mm;     /* of private memory, else NULL */
    struct vm_object *object; /* of shared memory, with a reference; else NULL */
    uint64_t place;           /* address, or offset */
};

static struct futex_bucket {
    struct spinlock lock;     /* RANK_FUTEX: guards the list and its elements */
    struct list_head sleepers;
} buckets[BUCKETS];

/* On the sleeper's stack. */
struct futex_sleeper {
    struct list_head link;
    struct futex_key key;
    struct waitq queue;
    bool woken; /* and off the list */
};

void futex_init(void)
{
    for (uint32_t i = 0; i < BUCKETS; i++) {
        spin_init(&buckets[i].lock, "futex", RANK_FUTEX);
        list_init(&buckets[i].sleepers);
    }
}

/* Sleeps. 0, -EINVAL or -EFAULT. Owns: the caller, until key_put. */
static int key_find(struct mm_struct *mm, uint64_t address, struct futex_key *key)
{
    struct vm_area_struct *vma;
    int error = 0;

    if (address % sizeof(uint32_t) != 0)
        return -EINVAL;
    rwlock_read_acquire(&mm->lock);
    vma = find_vma(mm, address);
    if (!vma || vma->start > address)
        error = -EFAULT;
    else if (vma->flags & VMA_SHARED)
        *key = (struct futex_key){NULL, vma->object, vma->offset + (address - vma->start)};
    else
        *key = (struct futex_key){mm, NULL, address};
    if (!error && key->object)
        key->object->ops->get(key->object);
    rwlock_read_release(&mm->lock);
    return error;
}

/* Locks: none, for it may be the last reference. Sleeps. */
static void key_put(const struct futex_key *key)
{
    if (key->object)
        key->object->ops->put(key->object);
}

static bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
    return a->mm == b->mm && a->object == b->object && a->place == b->place;
}

static struct futex_bucket *bucket_of(const struct futex_key *key)
{
    uint64_t mixed = (uint64_t)key->mm ^ (uint64_t)key->object ^ key->place; /* one is NULL */

    return &buckets[mixed * 0x9e3779b97f4a7c15ul >> 58];
}
_Static_assert(BUCKETS == 1 << 6, "the hash has 6 bits");

/* Locks: the bucket's. Wakes up to count of those that sleep on key; returns how many. */
static int wake_in(struct futex_bucket *bucket, const struct futex_key *key, int count)
{
    struct futex_sleeper *sleeper;
    int woken = 0;

    list_for_each_element_safe(sleeper, &bucket->sleepers, link) {
        if (woken >= count)
            break;
        if (!key_equal(&sleeper->key, key))
            continue;
        list_del(&sleeper->link);
        sleeper->woken = true;
        thread_note_act();
        waitq_wake_one(&sleeper->queue); /* it continues only after the bucket's lock is released */
        woken++;
    }
    return woken;
}

/* Locks: the bucket's, released during the sleep. Returns: 0 or -EINTR. */
static int sleep_in(struct futex_bucket *bucket, const struct futex_key *key)
{
    struct futex_sleeper self = {.key = *key};
    int error = 0;

    waitq_init(&self.queue, "futex");
    list_add_tail(&self.link, &bucket->sleepers);
    while (!self.woken && !error)
        error = waitq_sleep_killable(&self.queue, &bucket->lock);
    if (!self.woken)
        list_del(&self.link);
    else if (thread_is_interrupted())
        wake_in(bucket, key, 1);
    else
        error = 0;
    return error;
}

/* Locks: none. Sleeps. 0, -EINTR, -EAGAIN, or -EFAULT: the word is not in memory. */
static int wait_on(struct mm_struct *mm, uint64_t address, uint32_t value,
                   const struct futex_key *key)
{
    struct futex_bucket *bucket = bucket_of(key);
    uint32_t found;
    int error = -EFAULT;

    spin_lock(&bucket->lock);
    if (user_copy_try(mm, address, &found, sizeof(found), USER_TO_KERNEL) == sizeof(found))
        error = found == value ? sleep_in(bucket, key) : -EAGAIN;
    spin_unlock(&bucket->lock);
    return error;
}

int futex_wait(struct mm_struct *mm, uint64_t address, uint32_t value)
{
    struct futex_key key;
    int error;

    lockorder_check(RANK_EVENT, NULL, "a futex");
    do { /* -EFAULT: the page was missing; after the fault, the area may be another one, too */
        error = key_find(mm, address, &key);
        if (error)
            return error;
        error = wait_on(mm, address, value, &key);
        key_put(&key);
    } while (error == -EFAULT && (error = user_fault_in(mm, address, false)) == 0);
    return error;
}

int futex_wake(struct mm_struct *mm, uint64_t address, int count)
{
    struct futex_bucket *bucket;
    struct futex_key key;
    int result = key_find(mm, address, &key);

    if (result < 0)
        return result;
    bucket = bucket_of(&key);
    spin_lock(&bucket->lock);
    result = wake_in(bucket, &key, count);
    spin_unlock(&bucket->lock);
    key_put(&key);
    return result;
}
