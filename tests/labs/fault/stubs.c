/*
 * The starting version of the lab's functions: in a hand-out kernel/vm/faults/fault_kind.h, anon.c,
 * usercopy.c and kernel/vm/mapping/image.c have these bodies. The signatures are those of the
 * reference. No compiler reads this file itself.
 */

static inline enum fault_kind kind_outside(const struct fault_facts *facts)
{
    (void)facts;
    not_written("kind_outside");
}

static inline enum fault_kind kind_absent(const struct fault_facts *facts)
{
    (void)facts;
    not_written("kind_absent");
}

static inline enum fault_kind kind_present(const struct fault_facts *facts)
{
    (void)facts;
    not_written("kind_present");
}

static inline enum fault_kind fault_kind(const struct fault_facts *facts)
{
    (void)facts;
    not_written("fault_kind");
}

enum fault_result anon_zero_read(struct vm_fault *fault)
{
    (void)fault;
    not_written("anon_zero_read");
}

enum fault_result anon_zero_write(struct vm_fault *fault)
{
    (void)fault;
    not_written("anon_zero_write");
}

int stack_grow(struct mm_struct *mm, uint64_t va)
{
    (void)mm;
    (void)va;
    not_written("stack_grow");
}

static size_t __attribute__((noinline)) copy_in_page(struct mm_struct *mm, uint64_t user,
                                                     void *kernel, size_t bytes,
                                                     enum user_copy way)
{
    (void)mm;
    (void)user;
    (void)kernel;
    (void)bytes;
    (void)way;
    (void)copy_bytes; /* given above, and not used yet */
    not_written("copy_in_page");
}
