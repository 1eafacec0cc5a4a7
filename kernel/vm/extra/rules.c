/*
 * The rules that a space has with a quota, wired areas, or memory that is not reserved: each of
 * the points in vm/faults/page_rules.h, and what the three have to say there.
 *
 *                 quota                     wired areas             memory that is not reserved
 *     wanted      is there room?            the page is on no list
 *     charge                                                        one page, or the tables
 *     wait        one of its pages goes                             a process is killed
 *     mapped      the page is the quota's   the entry is marked
 *     went        the page is not any more
 */
#include "vm/extra/rules.h"

#include "mmu/page_table.h"
#include "sync/printf.h"
#include "vm/extra/oom.h"
#include "vm/extra/quota.h"
#include "vm/faults/fault.h"
#include "vm/faults/page_rules.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/mm.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/reclaim.h"

/* Does the handler of that kind make one more page of the process's own resident? */
static bool brings_private_page(enum fault_kind kind)
{
    return kind == FAULT_KIND_ZERO_WRITE || kind == FAULT_KIND_ZERO_UPGRADE ||
           kind == FAULT_KIND_FILE_COPY || kind == FAULT_KIND_COPY_ON_WRITE ||
           kind == FAULT_KIND_SWAP;
}

static enum fault_result rules_wanted(struct vm_fault *fault, enum fault_kind kind)
{
    bool has_quota = quota_of(fault->mm) != NULL;
    struct rule_state *rule = &fault->rule;

    rule->reads_alone = has_quota;
    rule->counts = has_quota && !(fault->vma->flags & VMA_WIRED) && brings_private_page(kind);
    rule->keeps_page = rule->counts || (fault->vma->flags & VMA_WIRED);
    if (!rule->counts || !fault->access) /* what is brought back may exceed the quota */
        return FAULT_OK;
    return quota_ask(fault);
}

static bool rules_charge(struct vm_fault *fault, struct page *page)
{
    if (!(fault->vma->flags & VMA_UNRESERVED))
        return true;
    if (!page)
        return tables_charge(&fault->tables) == 0;
    if (commit_charge((struct commit){.pages = 1}) != 0)
        return false;
    page->flags |= PAGE_CHARGED;
    return true;
}

static enum fault_result rules_wait(struct vm_fault *fault)
{
    if (fault->rule.wants_room) {
        fault->rule.wants_room = false;
        fault->rule.may_exceed = quota_evict(fault->mm) != 0; /* nobody is killed for a quota */
        return FAULT_RETRY;
    }
    return oom_make_room(fault) ? FAULT_NO_MEMORY : FAULT_RETRY;
}

static pte_t rules_mapped(struct vm_fault *fault, pte_t entry)
{
    san_assert(!fault->rule.counts || !pte_is_wired(entry));
    if (fault->rule.counts && !quota_remember(fault->mm, fault->va, fault->stamp))
        add_to_lru(&anon_lru, fault->brought, fault->stamp); /* it is the system's */
    return fault->vma->flags & VMA_WIRED ? pte_wired(entry, true) : entry;
}

static void rules_forked(struct mm_struct *child)
{
    if (child->quota)
        quota_count_pages(child);
}

void rules_init(void)
{
    static const struct page_rules rules = {
        .wanted = rules_wanted,
        .charge = rules_charge,
        .wait = rules_wait,
        .mapped = rules_mapped,
        .went = quota_forget,
        .inherit = quota_inherit,
        .forked = rules_forked,
        .end = quota_free,
    };

    extra_rules = &rules;
    page_sources[SOURCE_QUOTAS] = (struct page_source){quotas_length, quotas_shrink};
}
