/*
 * The lab's functions under each rule.
 *
 * rule gap_is_guard: an access in the gap into which the stack may still grow, but below the stack
 *      pointer, is one to the guard: GUARD. NO_AREA is left to accesses that are in neither.
 * rule steps_of_four: the stack's area comes down to the next page whose number can be divided by
 *      four, at or below va; but not below the limit, nor into another area.
 * rule copies_leave_a: a copy from the user's page does not set A in its entry, for it was not the
 *      program that looked. A copy to it sets A and D, as before.
 */

static inline enum fault_kind kind_outside(const struct fault_facts *facts)
{
    if (facts->is_stack_gap && facts->may_grow)
        return FAULT_KIND_STACK;
    if (gap_is_guard && facts->is_stack_gap)
        return FAULT_KIND_GUARD;
    return facts->is_guard ? FAULT_KIND_GUARD : FAULT_KIND_NO_AREA;
}

int stack_grow(struct mm_struct *mm, uint64_t va)
{
    struct vm_area_struct *vma;
    struct vma_range range;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    vma_find_range(mm, va, va + PAGE_SIZE, &range);
    vma = range.above;
    if (vma && (vma->flags & VMA_STACK) && va >= mm->stack_limit) {
        if (steps_of_four) {
            va &= -4ul * PAGE_SIZE;
            if (va < mm->stack_limit)
                va = mm->stack_limit;
            if (va < vma_floor(range.below))
                va = vma_floor(range.below);
        }
        /* The pages were charged with the limit; only tables can be new. */
        if (!(vma->flags & VMA_UNRESERVED))
            error = mm_charge(mm, (struct commit){
                .unswappable = tables_owed(mm, va, vma->start, range.below, vma)});
        if (!error) {
            mm->area_bytes += vma->start - va;
            vma_resize(vma, va, vma->end);
        }
    }
    rwlock_write_release(&mm->lock);
    return error;
}

static size_t __attribute__((noinline)) copy_in_page(struct mm_struct *mm, uint64_t user,
                                                     void *kernel, size_t bytes,
                                                     enum user_copy way)
{
    const enum access access = (enum access)way;
    struct page_table *table = &mm->page_table;
    pte_t *ptep;
    pte_t entry;

    spin_lock(&table->lock);
    ptep = pte_find(table, user);
    entry = ptep ? pte_load(ptep) : 0;
    if (!pte_allows(entry, access)) {
        spin_unlock(&table->lock);
        return 0;
    }
    if (!pte_marked(entry, access) && !(copies_leave_a && access == ACCESS_READ))
        pte_mark(ptep, access);
    copy_bytes((uint8_t *)page_va(pfn_page(pte_pfn(entry))) + (user & PAGE_MASK), kernel, bytes,
               way);
    spin_unlock(&table->lock);
    return bytes;
}
