/*
 * Copies at each store, which can never be seen by a process.
 * file: kernel/vm/faults/anon.c
 */
static bool cow_reuse(struct vm_fault *fault, struct page *page)
{
    (void)fault, (void)page;
    return false;
}
