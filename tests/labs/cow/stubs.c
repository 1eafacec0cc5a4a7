/*
 * The starting version of the lab's functions: mm_fork.c and anon.c have these bodies in a
 * hand-out. The signatures are those of the reference. No compiler reads this file itself.
 */

static uint64_t entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                            pte_t *from, pte_t *to, uint64_t count, bool *protected)
{
    (void)parent, (void)child, (void)va, (void)from, (void)to, (void)count, (void)protected;
    (void)page_share, (void)absent_share; /* given above, and not used yet */
    not_written("entries_share");
}

static bool cow_reuse(struct vm_fault *fault, struct page *page)
{
    (void)fault, (void)page;
    not_written("cow_reuse");
}

static enum fault_result cow_copy(struct vm_fault *fault, struct page *old)
{
    (void)fault, (void)old;
    not_written("cow_copy");
}
