/*
 * Takes each page over, so that no store ever copies.
 * file: kernel/vm/faults/anon.c
 */
static bool cow_reuse(struct vm_fault *fault, struct page *page)
{
    (void)page;
    pte_write_allow(fault->ptep);
    return true;
}
