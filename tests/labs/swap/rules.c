/*
 * The lab's functions under each rule.
 *
 * rule retired_not_idle: a retired slot is not put into the set swap.idle when it becomes idle: to
 *      take it from its page would give no slot.
 * rule used_leaves_idle: a slot that gets a use is not in the set swap.idle from then on, until it
 *      becomes idle again.
 * rule front_first: read_from_swap takes as many neighbours in front of the slot, of lower numbers,
 *      as it may, and only then those behind it.
 */

static inline void slot_settle(uint32_t slot)
{
    uint16_t flags = swap.uses[slot];

    if (has_uses(slot))
        return;
    if (has_page(slot)) {
        if (!retired_not_idle || !(flags & SLOT_RETIRED))
            bitset_add(&swap.idle, slot);
        return;
    }
    assert(swap.used > 0);
    swap.used--;
    swap.uses[slot] = flags & SLOT_RETIRED;
    if (!(flags & SLOT_RETIRED))
        bitset_add(&swap.free, slot);
    if (flags & SLOT_CHARGED)
        commit_release((struct commit){.pages = 1});
}

void swap_slot_get(swp_entry_t slot)
{
    spin_lock(&swap.lock);
    swap.uses[slot_in_use(slot)]++;
    if (used_leaves_idle)
        bitset_remove(&swap.idle, slot.number);
    spin_unlock(&swap.lock);
}

int read_from_swap(swp_entry_t slot, enum read_advice advice, struct page **out)
{
    struct page *around[2 * READ_AHEAD_MAX - 1], **wanted = &around[READ_AHEAD_MAX - 1];
    uint32_t size = read_ahead_size(&swap.ahead, advice), before = 0, after = 0;
    int error = page_for_slot(slot.number, 0, wanted);

    if (error)
        return error;
    while (front_first && before + 1 < size &&
           page_for_neighbour(slot.number - before - 1, wanted - before - 1))
        before++;
    while (before + 1 + after < size &&
           page_for_neighbour(slot.number + after + 1, wanted + after + 1))
        after++;
    while (!front_first && before + 1 + after < size &&
           page_for_neighbour(slot.number - before - 1, wanted - before - 1))
        before++;
    if (advice != READ_RANDOM) {
        spin_lock(&swap.lock);
        read_ahead_note(&swap.ahead, slot.number - before, slot.number + after + 1);
        spin_unlock(&swap.lock);
    }
    error = move(BLOCK_READ, wanted - before, before + 1 + after);
    if (error && before + after > 0) { /* it may have been one of the others */
        for (; before > 0; before--)
            page_discard(*(wanted - before));
        for (; after > 0; after--)
            page_discard(*(wanted + after));
        error = move(BLOCK_READ, wanted, 1);
    }
    if (error) {
        swap_slot_retire(slot, "read");
        page_discard(*wanted);
        return error;
    }
    pages_arrived(wanted - before, before + 1 + after, *wanted);
    *out = *wanted;
    return (int)(before + 1 + after);
}
