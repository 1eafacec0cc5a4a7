/*
 * The lab's functions under each rule.
 *
 * rule kept_is_not_resident: private_pages counts only pages that the process may access: none that
 *      PROT_NONE keeps.
 * rule drop_for_all_only: VMSTAT_DROP is for the whole machine only. With any other pid the call
 *      fails with -EINVAL, and nothing is dropped.
 * rule frames_in_kib: print_vm_stats prints how many KiB the frames of each class are, not how many
 *      frames. All other numbers are printed as they are.
 */

static uint64_t private_pages(struct mm_struct *mm)
{
    uint64_t va = 0, end = mm_user_end(), pages = 0;
    pte_t *ptep;

    spin_lock(&mm->page_table.lock);
    while ((ptep = pte_next(&mm->page_table, &va, end)) != NULL) {
        for (uint64_t stop = leaf_table_end(va, end); va < stop; va += PAGE_SIZE) {
            pte_t entry = pte_load(ptep++);

            if (kept_is_not_resident && pte_kind(entry) != PTE_PRESENT)
                continue;
            pages += pte_has_frame(entry) && page_test(pfn_page(pte_pfn(entry)), PAGE_PRIVATE);
        }
    }
    spin_unlock(&mm->page_table.lock);
    return pages;
}

int64_t sys_vmstat(struct trap_frame *frame)
{
    struct vm_stats *stats;
    int error = 0;

    if (frame->a2 == VMSTAT_FAIL || frame->a2 == VMSTAT_KILL || frame->a2 == VMSTAT_MARK ||
        frame->a2 == VMSTAT_OWNERS)
        return arm_checker(frame->a2, frame->a0);
    if (!is_int(frame->a0) || (int)frame->a0 < 0 || (frame->a2 & ~(uint64_t)VMSTAT_DROP))
        return -EINVAL;
    if (drop_for_all_only && frame->a0 != 0 && (frame->a2 & VMSTAT_DROP))
        return -EINVAL;
    if (frame->a2 & VMSTAT_DROP)
        /* before the allocation below, which could keep a slab from being freed */
        reclaim_all();
    stats = kmem_alloc(sizeof(*stats), 0);
    if (!stats)
        return -ENOMEM;
    if (frame->a0 == 0)
        vm_stats_read(stats, 0);
    else
        error = vm_stats_read_one(stats, (int)frame->a0);
    if (!error)
        error = user_copy_out(current_process()->mm, frame->a1, stats, sizeof(*stats));
    kmem_free(stats);
    return error;
}

static void print_vm_stats(void)
{
    struct vm_stats stats;
    const unsigned long long *counter = &stats.size + 1;

    get(&stats);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unsigned long long number = counter[i];

        if (frames_in_kib && &counter[i] >= stats.frames &&
            &counter[i] < stats.frames + FRAME_CLASSES)
            number *= KIB_PER_PAGE;
        printf("%-18s %llu\n", names[i], number);
    }
}
