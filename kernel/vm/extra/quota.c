/* Quotas. See vm/extra/quota.h. The entries lie in frames of their own; a hash table finds them. */
#include "vm/extra/quota.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "sync/race.h"
#include "thread/thread.h"
#include "vm/faults/fault.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/page_out.h"
#include "vm/swapping/swap_io.h"

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct quota_entry))
#define BUCKETS_PER_FRAME (PAGE_SIZE / sizeof(struct quota_entry *))
#define BUCKETS_MAX (16 * BUCKETS_PER_FRAME)

#define EVICT_TRIES 8u /* victims that a fault tries before the quota is exceeded */

static uint64_t listed; /* atomic: pages on the lists of all quotas */

uint64_t quotas_length(void)
{
    return swap_is_on() ? __atomic_load_n(&listed, __ATOMIC_RELAXED) : 0;
}

static void quota_destroy(struct quota *quota)
{
    struct page *page;

    __atomic_fetch_sub(&listed, lru_list_length(&quota->list), __ATOMIC_RELAXED);
    list_for_each_element_safe(page, &quota->frames, lru.link)
        page_put(page);
    free_block(quota->bucket);
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
    uint64_t buckets = BUCKETS_PER_FRAME;
    struct quota *quota = kmem_alloc(sizeof(*quota), 0);

    if (!quota)
        return -ENOMEM;
    lru_list_init(&quota->list, ops);
    quota->list.capacity = frames;
    list_init(&quota->frames);
    while (buckets < entries && buckets < BUCKETS_MAX)
        buckets *= 2;
    quota->charged.unswappable = (int64_t)((entries + ENTRIES_PER_FRAME - 1) / ENTRIES_PER_FRAME +
                                           buckets / BUCKETS_PER_FRAME);
    if (commit_charge(quota->charged) != 0) {
        kmem_free(quota);
        return -ENOMEM;
    }
    quota->buckets = (uint32_t)buckets;
    quota->bucket = alloc_block(buckets * sizeof(*quota->bucket));
    if (!quota->bucket)
        goto destroy;
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
    struct quota *like = quota_of(from), *quota = NULL;
    int error = 0;

    if (like)
        error = quota_create(like->list.capacity, from->resident, like->list.ops, &quota);
    if (!quota)
        return error;
    spin_lock(&to->page_table.lock);
    mm_use_rules(to);
    to->quota = quota;
    spin_unlock(&to->page_table.lock);
    return 0;
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
    struct quota *quota = quota_of(mm);
    struct quota_entry *entry;

    san_assert(!pte_is_wired(pte_load(pte_find(&mm->page_table, va))));
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
    __atomic_fetch_add(&listed, 1, __ATOMIC_RELAXED);
    quota->newest = va;
    return true;
}

void quota_forget(struct mm_struct *mm, uint64_t va)
{
    struct quota *quota = quota_of(mm);
    struct quota_entry **link = quota ? entry_link(quota, va) : NULL;
    struct quota_entry *entry = link ? *link : NULL;

    if (!entry)
        return;
    *link = entry->next;
    quota->list.ops->remove(&quota->list, &entry->node);
    __atomic_fetch_sub(&listed, 1, __ATOMIC_RELAXED);
    entry->next = quota->free;
    quota->free = entry;
}

/* Was the page at va used? The caller fences after it has unlocked. Locks: the page table's. */
static bool used_at(struct mm_struct *mm, uint64_t va)
{
    pte_t *ptep = pte_find(&mm->page_table, va);

    return ptep && pte_kind(pte_load(ptep)) == PTE_PRESENT &&
           pte_test_clear_accessed(&mm->page_table, va, ptep);
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

enum fault_result quota_ask(struct vm_fault *fault)
{
    struct mm_struct *mm = fault->mm;
    struct quota *quota = quota_of(mm);
    uint64_t cleared = 0;
    bool has_room;

    race_window();
    spin_lock(&mm->page_table.lock);
    if (pte_load(fault->ptep) != fault->old) {
        spin_unlock(&mm->page_table.lock);
        return FAULT_RETRY; /* a slot that it showed may be another's */
    }
    if (*entry_link(quota, fault->va)) {
        spin_unlock(&mm->page_table.lock);
        return FAULT_OK; /* its frame changes, no more */
    }
    if (!fault->rule.has_asked) {
        uint32_t stamp = pte_kind(fault->old) == PTE_SWAP
                             ? swap_slot_stamp(pte_swap_slot(fault->old)) : 0;

        cleared = forget_first_access(mm);
        quota->list.incoming = stamp;
        fault->rule.has_asked = true;
    }
    has_room = lru_list_length(&quota->list) < quota->list.capacity;
    spin_unlock(&mm->page_table.lock);
    if (cleared)
        flush_tlb_entry(&mm->page_table, cleared);
    fault->rule.wants_room = !has_room && !fault->rule.may_exceed;
    return fault->rule.wants_room ? FAULT_WANT_RULES : FAULT_OK;
}

/*
 * Lets the policy choose, by so many looks at most; force: of pages in use, too. *va and *stamp are
 * the victim's. Returns its page with a reference, or NULL: none was found.
 */
static struct page *victim_choose(struct mm_struct *mm, uint64_t *looks, bool force, uint64_t *va,
                                  uint32_t *stamp)
{
    uint64_t low = UINT64_MAX, high = 0;
    struct lru_list *list = NULL;
    struct page *page = NULL;
    struct lru_node *node;
    bool goes = false;

    spin_lock(&mm->page_table.lock);
    if (quota_of(mm))
        list = &mm->quota->list;
    while (list && !goes && *looks > 0 && (node = list->ops->candidate(list)) != NULL) {
        bool used;

        *va = container_of(node, struct quota_entry, node)->va;
        used = used_at(mm, *va);
        if (used && *va < low)
            low = *va;
        if (used && *va + PAGE_SIZE > high)
            high = *va + PAGE_SIZE;
        update_vm_stats(VM_STAT_SCAN, 1);
        goes = list->ops->judge(list, node, used && !force);
        --*looks;
    }
    if (goes) {
        pte_t *ptep = pte_find(&mm->page_table, *va);

        san_assert(pte_has_frame(pte_load(ptep)) && !pte_is_wired(pte_load(ptep)));
        *stamp = node->stamp;
        page = pfn_page(pte_pfn(pte_load(ptep)));
        page_get(page);
    }
    spin_unlock(&mm->page_table.lock);
    if (low < high)
        flush_tlb_range(&mm->page_table, low, high);
    return page;
}

/* The page at va could not go: its turn comes again after all others. */
static void victim_stays(struct mm_struct *mm, uint64_t va)
{
    struct quota_entry *entry;
    struct quota *quota;

    spin_lock(&mm->page_table.lock);
    quota = quota_of(mm);
    entry = quota ? *entry_link(quota, va) : NULL;
    if (entry) {
        quota->list.ops->remove(&quota->list, &entry->node);
        quota->list.ops->add(&quota->list, &entry->node, 0);
    }
    spin_unlock(&mm->page_table.lock);
}

int quota_evict(struct mm_struct *mm)
{
    struct swap_batch batch;
    int error = -EAGAIN;

    batch.count = 0;
    for (unsigned tries = 0; error == -EAGAIN && tries < EVICT_TRIES; tries++) {
        uint64_t va, looks = UINT64_MAX;
        uint32_t stamp;
        struct page *page = victim_choose(mm, &looks, false, &va, &stamp);

        if (!page)
            return 0; /* all is unmapped by now, or the quota is gone: there is room */
        error = page_out_one(mm, va, page, stamp, &batch);
        swap_batch_write(&batch);
        if (error == -EAGAIN)
            victim_stays(mm, va);
    }
    return error ? -ENOMEM : 0;
}

/* Takes pages of mm, by so many looks. Returns the frames that are free by it, or soon will be. */
static uint64_t quota_shrink(struct mm_struct *mm, uint64_t wanted, uint64_t looks, bool force)
{
    struct swap_batch batch;
    struct page *page;
    uint32_t stamp;
    uint64_t va, freed = 0;

    batch.count = 0;
    while (freed < wanted &&
           (page = victim_choose(mm, &looks, force, &va, &stamp)) != NULL) {
        bool is_shared = page_maps(page) != 1, is_held = page_refs(page) != page_maps(page) + 1;
        int error = -EAGAIN;

        if (is_held) /* a fault waited for it, say */
            page_put(page);
        else
            error = page_out_one(mm, va, page, stamp, &batch);
        if (error)
            victim_stays(mm, va);
        else
            freed += !is_shared;
    }
    swap_batch_write(&batch);
    return freed;
}

/* Pages on the list of mm's quota; *surplus of them are too many. */
static uint64_t quota_length(struct mm_struct *mm, uint64_t *surplus)
{
    uint64_t length = 0;

    *surplus = 0;
    spin_lock(&mm->page_table.lock);
    if (quota_of(mm)) {
        length = lru_list_length(&mm->quota->list);
        if (length > mm->quota->list.capacity)
            *surplus = length - mm->quota->list.capacity;
    }
    spin_unlock(&mm->page_table.lock);
    return length;
}

/*
 * For the whole machine: of all quotas, each is asked for a share by its length. The look at each
 * space begins where the last one ended.
 */
uint64_t quotas_shrink(uint64_t wanted, uint64_t looks, bool force)
{
    static unsigned next; /* atomic: the number of the space that is next */
    unsigned first = __atomic_load_n(&next, __ATOMIC_RELAXED), i;
    uint64_t all = quotas_length() + 1, freed = 0;

    for (i = 0; i < MM_MAX && all > 1 && freed < wanted && !thread_is_interrupted(); i++) {
        struct mm_struct *mm = family_member((first + i) % MM_MAX);
        uint64_t surplus, length = mm ? quota_length(mm, &surplus) : 0;

        if (length > 0)
            freed += quota_shrink(mm, wanted - freed, looks * length / all + 1, force);
        if (mm)
            mm_put(mm);
    }
    __atomic_store_n(&next, (first + i) % MM_MAX, __ATOMIC_RELAXED);
    return freed;
}

/* Each resident private page that is not locked gets an entry, or, without a quota, a list. */
void quota_count_pages(struct mm_struct *mm)
{
    struct page_table *table = &mm->page_table;
    uint64_t va = 0, end = mm_user_end();
    pte_t *ptep;

    spin_lock(&table->lock);
    for_each_pte (table, va, end, ptep) {
        pte_t entry = pte_load(ptep);
        struct page *page = pte_has_frame(entry) ? pfn_page(pte_pfn(entry)) : NULL;

        if (!page || !page_test(page, PAGE_PRIVATE) || pte_is_wired(entry))
            continue;
        if (!quota_of(mm)) {
            add_to_lru(&anon_lru, page, 0);
            continue;
        }
        if (page_maps(page) == 1) /* else others need it on the system's list */
            remove_from_lru(&anon_lru, page);
        quota_remember(mm, va, 0);
    }
    if (mm->quota)
        mm->quota->newest = 0;
    spin_unlock(&table->lock);
}

/* The space's resident pages are more than the quota: the surplus goes. */
static int evict_surplus(struct mm_struct *mm)
{
    uint64_t surplus;
    int error = 0;

    while (quota_length(mm, &surplus) > 0 && surplus > 0 && !error && !thread_is_interrupted())
        error = quota_evict(mm);
    return error;
}

int quota_set(struct mm_struct *mm, int frames, int policy, int *old)
{
    struct quota *quota = NULL, *before = NULL;
    const struct lru_ops *ops;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    *old = mm->quota ? (int)mm->quota->list.capacity : 0;
    ops = policy >= 0 ? lru_policy_numbered(policy)
                      : mm->quota ? mm->quota->list.ops : anon_lru.list.ops;
    if (frames == -1)
        frames = *old;
    if (!ops || policy < -1 || frames < 0 || (frames > 0 && frames < QUOTA_MIN))
        error = -EINVAL;
    else if (frames != 0 && !swap_is_on())
        error = -ENODEV;
    else if (frames != 0)
        error = quota_create((uint64_t)frames, mm->resident, ops, &quota);
    if (!error) {
        spin_lock(&mm->page_table.lock);
        before = mm->quota;
        mm->quota = quota;
        mm_use_rules(mm);
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
