/* The decision table of page faults. Chapter "Page Fault Handling". Pure: compiles on the host. */
#include "vm/fault_kind.h"

static enum fault_kind kind_outside(const struct fault_facts *facts)
{
    if (facts->is_stack_gap && facts->may_grow)
        return FAULT_KIND_STACK;
    return facts->is_guard ? FAULT_KIND_GUARD : FAULT_KIND_NO_AREA;
}

static enum fault_kind kind_absent(const struct fault_facts *facts)
{
    bool store = facts->access == ACCESS_WRITE;

    if (facts->below_sp)
        return FAULT_KIND_NO_AREA;
    if (facts->backing == BACKING_ZERO)
        return store ? FAULT_KIND_ZERO_WRITE : FAULT_KIND_ZERO_READ;
    if (facts->past_end)
        return FAULT_KIND_PAST_END;
    if (facts->is_shared)
        return store ? FAULT_KIND_FILE_SHARE : FAULT_KIND_FILE_MAP;
    return store || facts->backing == BACKING_FILE_PART ? FAULT_KIND_FILE_COPY
                                                        : FAULT_KIND_FILE_MAP;
}

static enum fault_kind kind_present(const struct fault_facts *facts)
{
    if (pte_allows(facts->pte, facts->access))
        return pte_marked(facts->pte, facts->access) ? FAULT_KIND_SPURIOUS : FAULT_KIND_MARK;
    if (facts->access != ACCESS_WRITE)
        return FAULT_KIND_CORRUPT; /* an entry has all that its area allows but writing */
    if (facts->is_shared)
        return FAULT_KIND_FILE_SHARE;
    return facts->is_zero_page ? FAULT_KIND_ZERO_UPGRADE : FAULT_KIND_COPY_ON_WRITE;
}

enum fault_kind fault_kind(const struct fault_facts *facts)
{
    if (!facts->has_area)
        return kind_outside(facts);
    if (!(facts->allowed & facts->access))
        return FAULT_KIND_PERMISSION;
    switch (pte_kind(facts->pte)) {
    case PTE_EMPTY:
        return kind_absent(facts);
    case PTE_PRESENT:
        return kind_present(facts);
    case PTE_SWAP:
        return FAULT_KIND_SWAP;
    default:
        return FAULT_KIND_CORRUPT;
    }
}
