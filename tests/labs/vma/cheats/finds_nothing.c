/* Finds no area and no gap, whatever is asked. */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va)
{
    (void)mm, (void)va;
    return NULL;
}

void vma_find_range(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range)
{
    (void)mm;
    *range = (struct vma_range){.start = start, .end = end};
}

bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range)
{
    (void)mm, (void)length, (void)top, (void)range;
    return false;
}
