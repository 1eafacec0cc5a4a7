/*
 * The lab's functions under each rule.
 *
 * rule others_first: flush_tlb_range calls the other harts that run the space before this hart does
 *      its own fence. Preemption stays off until then: it has to be the hart that was not called.
 * rule numbers_fall: the numbers of a generation are given from the highest on: the highest for
 *      which satp has room, then the next lower one, and 1 is the last.
 * rule eight_at_a_time: tlb_batch_finish gives frames_free eight pages at a time: as soon as there
 *      are eight that have lost their last reference, and at the end those that are left.
 */

uint64_t asid_enter(struct page_table *table, bool *flush)
{
    uint64_t now, context, flags;
    uint64_t *mine = &hart_generation[hart_index()];

    if (asid_bits == 0) {
        *flush = true;
        return 0;
    }
    now = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
    context = __atomic_load_n(&table->context, __ATOMIC_RELAXED);
    if (context >> NUMBER_BITS != now) {
        flags = spin_lock_irq(&lock); /* under a thread's, which handlers take */
        context = table->context; /* another hart may have been faster */
        if (context >> NUMBER_BITS != generation) {
            context = context_new();
            if (numbers_fall)
                context = (context & ~NUMBER_MASK) | ((1ul << asid_bits) - (context & NUMBER_MASK));
        }
        __atomic_store_n(&table->context, context, __ATOMIC_RELAXED);
        spin_unlock_irq(&lock, flags);
    }
    *flush = *mine != context >> NUMBER_BITS;
    *mine = context >> NUMBER_BITS;
    return context & NUMBER_MASK;
}

void flush_tlb_range(struct page_table *table, uint64_t start, uint64_t end)
{
    uint32_t self, others, running;
    uint64_t mark;

    if (!table->cached_on)
        return; /* no hart has run it yet */
    mark = tlb_check_mark();
    preempt_disable();
    self = 1u << hart_index();
    others = __atomic_load_n(&table->cached_on, __ATOMIC_RELAXED);
    if (table->running_on & self)
        others &= ~self;
    if (others)
        __atomic_fetch_or(&table->stale_on, others, __ATOMIC_RELAXED);
    race_window();
    running = full_fence_load(&table->running_on) & ~self;
    tlb_check_deferred(table, others & ~running, mark);
    if (!others_first) {
        flush_here(table, start, end);
        preempt_enable();
    }
    if (running) {
        update_vm_stats(VM_STAT_TLB_REMOTE, 1);
        trace(TRACE_SHOOTDOWN, start, (end - start) / PAGE_SIZE, running);
        race_window();
        sfence_remote(running, start, end);
    }
    if (others_first) {
        flush_here(table, start, end);
        preempt_enable();
    }
}

void tlb_batch_finish(struct tlb_batch *batch)
{
    struct page **end = &batch->page[batch->count];
    struct page **free_end = batch->page; /* one past the pages that are free; from the first on */

    if (batch->start < batch->end)
        flush_tlb_range(batch->table, batch->start, batch->end);
    for (struct page **page = batch->page; page < end; page++) {
        if (page_drop(*page, PAGE_MAPPED_REF))
            *free_end++ = *page;
        if (eight_at_a_time && free_end == &batch->page[8]) {
            frames_free(batch->page, 8);
            free_end = batch->page;
        }
    }
    if (free_end > batch->page)
        frames_free(batch->page, (uint32_t)(free_end - batch->page));
    batch->count = 0;
    __atomic_fetch_sub(&batch->table->unfenced, 1, __ATOMIC_RELEASE);
}
