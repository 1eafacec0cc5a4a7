/*
 * Says of each fault that nothing is to be done about it.
 * file: kernel/vm/faults/fault_kind.h
 */
static inline enum fault_kind kind_outside(const struct fault_facts *facts)
{
    (void)facts;
    return FAULT_KIND_NO_AREA;
}

static inline enum fault_kind kind_absent(const struct fault_facts *facts)
{
    (void)facts;
    return FAULT_KIND_ZERO_WRITE;
}

static inline enum fault_kind kind_present(const struct fault_facts *facts)
{
    (void)facts;
    return FAULT_KIND_SPURIOUS;
}

static inline enum fault_kind fault_kind(const struct fault_facts *facts)
{
    (void)facts;
    return FAULT_KIND_SPURIOUS;
}
