/* Quotas. See vm/quota.h. The entries lie in frames of their own; a hash table finds them. */
#include "vm/quota.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "lib/string.h"
#include "mem/buddy.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "sync/race.h"
#include "thread/thread.h"
#include "vm/fault.h"
#include "vm/lru.h"
#include "vm/page_out.h"
#include "vm/swap.h"
#include "vm/vma.h"

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct quota_entry))
#define BUCKETS_PER_FRAME (PAGE_SIZE / sizeof(struct quota_entry *))

static void quota_destroy(struct quota *quota)
{
    struct list_head *link, *after;

    list_for_each_safe (link, after, &quota->frames)
        page_put(container_of(link, struct page, lru.link));
    if (quota->bucket)
        free_pages(va_page(quota->bucket), quota->bucket_order);
    commit_release(quota->charged);
    kmem_free(quota);
}

/* A frame full of free entries. */
static int entries_add(struct quota *quota)
{
    struct page *page = frame_alloc(FRAME_KERNEL, FRAME_ZEROED);
    struct quota_entry *entry;

    if (!page)
        return -ENOMEM;
    list_add(&page->lru.link, &quota->frames);
    entry = page_va(page);
    for (unsigned i = 0; i < ENTRIES_PER_FRAME; i++, entry++) {
        entry->next = quota->free;
        quota->free = entry;
    }
    return 0;
}

/* A quota of so many frames for a space that has so many pages now. */
static int quota_create(uint64_t frames, uint64_t resident, const struct lru_ops *ops,
                        struct quota **out)
{
    uint64_t most = frames > resident ? frames : resident;
    uint64_t entries = most < frame_managed ? most : frame_managed;
    struct quota *quota = kmem_alloc(sizeof(*quota), 0);
    struct page *buckets;

    if (!quota)
        return -ENOMEM;
    lru_list_init(&quota->list, ops);
    quota->list.capacity = frames;
    list_init(&quota->frames);
    while (BUCKETS_PER_FRAME << quota->bucket_order < entries && quota->bucket_order < 4)
        quota->bucket_order++;
    quota->charged.unswappable = (int64_t)((entries + ENTRIES_PER_FRAME - 1) / ENTRIES_PER_FRAME) +
                                 (1l << quota->bucket_order);
    if (commit_charge(quota->charged) != 0) {
        kmem_free(quota);
        return -ENOMEM;
    }
    buckets = alloc_pages(quota->bucket_order);
    if (!buckets)
        goto destroy;
    quota->bucket = memset(page_va(buckets), 0, PAGE_SIZE << quota->bucket_order);
    quota->buckets = (uint32_t)BUCKETS_PER_FRAME << quota->bucket_order;
    for (uint64_t made = 0; made < entries; made += ENTRIES_PER_FRAME)
        if (entries_add(quota) != 0)
            goto destroy;
    *out = quota;
    return 0;

destroy:
    quota_destroy(quota);
    return -ENOMEM;
}

void quota_free(struct mm_struct *mm)
{
    if (mm->quota)
        quota_destroy(mm->quota);
    mm->quota = NULL;
}

int quota_inherit(struct mm_struct *to, struct mm_struct *from)
{
    if (!from->quota)
        return 0;
    return quota_create(from->quota->list.capacity, from->resident, from->quota->list.ops,
                        &to->quota);
}

static struct quota_entry **bucket_of(struct quota *quota, uint64_t va)
{
    return &quota->bucket[(va >> PAGE_SHIFT) & (quota->buckets - 1)];
}

/* What points to the entry of va, or is the end of its bucket. */
static struct quota_entry **entry_link(struct quota *quota, uint64_t va)
{
    struct quota_entry **link = bucket_of(quota, va);

    while (*link && (*link)->va != va)
        link = &(*link)->next;
    return link;
}

bool quota_remember(struct mm_struct *mm, uint64_t va, uint32_t stamp)
{
    struct quota *quota = mm->quota;
    struct quota_entry *entry;

    if (!quota || *entry_link(quota, va))
        return quota != NULL;
    if (!quota->free)
        return false; /* the quota is exceeded: the page is the system's */
    entry = quota->free;
    quota->free = entry->next;
    entry->va = va;
    entry->next = *bucket_of(quota, va);
    *bucket_of(quota, va) = entry;
    quota->list.ops->add(&quota->list, &entry->node, stamp);
    quota->newest = va;
    return true;
}

void quota_forget(struct mm_struct *mm, uint64_t va)
{
    struct quota *quota = mm->quota;
    struct quota_entry **link = quota ? entry_link(quota, va) : NULL;
    struct quota_entry *entry = link ? *link : NULL;

    if (!entry)
        return;
    *link = entry->next;
    quota->list.ops->remove(&quota->list, &entry->node);
    entry->next = quota->free;
    quota->free = entry;
}

/* Locks: the page table's. Was the page at va used? The caller fences when the lock is let go. */
static bool used_at(struct mm_struct *mm, uint64_t va)
{
    pte_t *slot = find_page_table(&mm->page_table, va);

    return slot && pte_kind(pte_load(slot)) == PTE_PRESENT &&
           pte_test_clear_accessed(&mm->page_table, va, slot);
}

/*
 * A page's own first access must not count as one that came later, or no policy could tell a loop
 * from pages that are used again: it is taken back when the next fault comes.
 */
static uint64_t forget_first_access(struct mm_struct *mm)
{
    uint64_t va = mm->quota->newest;

    mm->quota->newest = 0;
    return va && used_at(mm, va) ? va : 0;
}

int quota_ask(struct vm_fault *fault)
{
    struct mm_struct *mm = fault->mm;
    struct quota *quota = mm->quota;
    uint64_t cleared = 0;
    bool has_room;

    race_window();
    spin_lock(&mm->page_table.lock);
    if (fault->slot && pte_load(fault->slot) != fault->old) {
        spin_unlock(&mm->page_table.lock);
        return FAULT_RETRY; /* a slot that it showed may be another's */
    }
    if (*entry_link(quota, fault->va)) {
        spin_unlock(&mm->page_table.lock);
        return FAULT_OK; /* its frame changes, no more */
    }
    if (!fault->has_asked) {
        uint32_t stamp = pte_kind(fault->old) == PTE_SWAP
                             ? swap_slot_stamp(pte_swap_slot(fault->old)) : 0;

        cleared = forget_first_access(mm);
        quota->list.incoming = stamp;
        fault->has_asked = true;
    }
    has_room = lru_list_length(&quota->list) < quota->list.capacity;
    spin_unlock(&mm->page_table.lock);
    if (cleared)
        flush_tlb_entry(&mm->page_table, cleared);
    return has_room || fault->may_exceed ? FAULT_OK : FAULT_WANT_ROOM;
}

/*
 * Locks: the mm lock for reading. Lets the policy choose; *va and *stamp are the victim's. Returns
 * its page with a reference, or NULL: the quota has none.
 */
static struct page *victim_choose(struct mm_struct *mm, uint64_t *va, uint32_t *stamp)
{
    struct lru_list *list = &mm->quota->list;
    uint64_t low = UINT64_MAX, high = 0;
    struct page *page = NULL;
    struct lru_node *node;
    bool goes = false;

    spin_lock(&mm->page_table.lock);
    while (!goes && (node = list->ops->candidate(list)) != NULL) {
        bool used;

        *va = container_of(node, struct quota_entry, node)->va;
        used = used_at(mm, *va);
        if (used && *va < low)
            low = *va;
        if (used && *va + PAGE_SIZE > high)
            high = *va + PAGE_SIZE;
        update_vm_stats(VM_STAT_SCAN, 1);
        goes = list->ops->judge(list, node, used);
    }
    if (goes) {
        pte_t *slot = find_page_table(&mm->page_table, *va);

        *stamp = node->stamp;
        page = pfn_page(pte_pfn(pte_load(slot)));
        page_get(page);
    }
    spin_unlock(&mm->page_table.lock);
    if (low < high)
        flush_tlb_range(&mm->page_table, low, high);
    return page;
}

int quota_evict(struct mm_struct *mm)
{
    struct page *page;
    uint32_t stamp;
    uint64_t va;

    rwlock_read_acquire(&mm->lock);
    page = mm->quota ? victim_choose(mm, &va, &stamp) : NULL;
    rwlock_read_release(&mm->lock);
    if (!page)
        return 0; /* all is unmapped by now, or the quota is gone: there is room */
    return page_out_one(mm, va, page, stamp);
}

/* Each resident private page that is not locked gets an entry, or, without a quota, a list. */
void quota_count_pages(struct mm_struct *mm)
{
    struct page_table *table = &mm->page_table;
    uint64_t va = 0, end = mm_user_end();
    pte_t *slot;

    spin_lock(&table->lock);
    while ((slot = next_page_table(table, &va, end)) != NULL) {
        for (uint64_t stop = leaf_table_end(va, end); va < stop; va += PAGE_SIZE, slot++) {
            pte_t entry = pte_load(slot);
            struct page *page = pte_has_frame(entry) ? pfn_page(pte_pfn(entry)) : NULL;

            if (!page || !page_test(page, PAGE_PRIVATE) || pte_is_locked(entry))
                continue;
            if (mm->quota) {
                if (page_maps(page) == 1) /* else others need it on the system's list */
                    remove_from_lru(&anon_lru, page);
                quota_remember(mm, va, 0);
            } else {
                add_to_lru(&anon_lru, page, 0);
            }
        }
    }
    if (mm->quota)
        mm->quota->newest = 0;
    spin_unlock(&table->lock);
}

/* The space's resident pages are more than the quota: the surplus goes. */
static int evict_surplus(struct mm_struct *mm)
{
    int error = 0;

    while (!error && !thread_is_interrupted() && mm->quota &&
           lru_list_length(&mm->quota->list) > mm->quota->list.capacity) {
        spin_lock(&mm->page_table.lock);
        mm->quota->list.incoming = 0;
        spin_unlock(&mm->page_table.lock);
        error = quota_evict(mm);
    }
    return error;
}

int quota_set(struct mm_struct *mm, int frames, int policy, int *old)
{
    struct quota *quota = NULL, *before = NULL;
    const struct lru_ops *ops;
    bool is_bad;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    *old = mm->quota ? (int)mm->quota->list.capacity : 0;
    is_bad = policy < -1 || frames < -1 || (frames > 0 && frames < QUOTA_MIN);
    ops = policy >= 0 ? lru_policy_numbered(policy)
                      : mm->quota ? mm->quota->list.ops : anon_lru.list.ops;
    if (frames < 0)
        frames = *old;
    if (!ops || is_bad)
        error = -EINVAL;
    else if (frames != 0 && !swap_is_on())
        error = -ENODEV;
    else if (frames != 0)
        error = quota_create((uint64_t)frames, mm->resident, ops, &quota);
    if (!error) {
        spin_lock(&mm->page_table.lock);
        before = mm->quota;
        mm->quota = quota;
        spin_unlock(&mm->page_table.lock);
        quota_count_pages(mm);
    }
    rwlock_write_release(&mm->lock);
    if (before)
        quota_destroy(before);
    if (!error)
        evict_surplus(mm); /* what cannot go now goes at later faults: the limit stands */
    return error;
}
