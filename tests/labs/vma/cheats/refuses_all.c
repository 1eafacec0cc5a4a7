/*
 * Refuses each split, so that nothing can be wrong when memory is out.
 * file: kernel/vm/mapping/area.c
 */
static int area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at)
{
    (void)mm, (void)vma, (void)at;
    return -ENOMEM;
}

static bool areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper)
{
    (void)lower, (void)upper;
    return false;
}

void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    (void)mm, (void)start, (void)end;
}
