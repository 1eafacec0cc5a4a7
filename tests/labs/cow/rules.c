/*
 * The lab's functions under each rule.
 *
 * rule no_other_reference: a page is taken over only if there is no other reference to it either,
 *      of whatever kind. A page that has one mapping and more references is copied.
 * rule child_starts_unaccessed: an entry that fork gives the child has no accessed bit, whatever
 *      the parent's has. The parent's keeps its own.
 * rule zero_page_left_out: for the zero page fork gives the child no entry. The child's stays
 *      empty, as for a page that was never touched, and does not count as one that maps a page.
 */

static uint64_t entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                              pte_t *from, pte_t *to, uint64_t count, bool *protected)
{
    pfn_t zero = zero_pfn;
    uint64_t mapped = 0;

    for (uint64_t i = 0; i < count; i++) {
        pte_t entry = pte_load(&from[i]);

        if (zero_page_left_out && pte_maps(entry, zero))
            continue;
        if (__builtin_expect(pte_kind(entry) == PTE_PRESENT, 1)) {
            mapped++;
            if (pte_pfn(entry).number != zero.number)
                page_share(entry);
            if (pte_allows(entry, ACCESS_WRITE)) {
                pte_write_protect(parent, va + i * PAGE_SIZE, &from[i]);
                *protected = true;
            }
            if (child_starts_unaccessed)
                entry = pte_unused(entry);
        } else if (entry != 0) {
            absent_share(child, entry);
        }
        tlb_check_code(&child->page_table, va + i * PAGE_SIZE, entry);
        to[i] = pte_shared(entry); /* empty till now: nobody changes that */
    }
    return mapped;
}

static bool cow_reuse(struct vm_fault *fault, struct page *page)
{
    if (page_maps(page) != 1 || !slot_can_go(page))
        return false;
    if (no_other_reference && page_refs(page) != 1)
        return false;
    if (page->slot)
        swap_cache_remove(page, 0);
    pte_write_allow(fault->ptep);
    return true;
}
