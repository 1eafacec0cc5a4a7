/*
 * Says of each entry that it cannot be.
 * file: kernel/vm/faults/fault_kind.h
 */
static inline enum fault_kind kind_present(const struct fault_facts *facts)
{
    (void)facts;
    return FAULT_KIND_CORRUPT;
}

static inline enum fault_kind fault_kind(const struct fault_facts *facts)
{
    (void)facts;
    return FAULT_KIND_CORRUPT;
}
