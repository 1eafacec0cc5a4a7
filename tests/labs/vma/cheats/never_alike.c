/*
 * Says of no two areas that they are alike: what differs stays apart.
 * file: kernel/vm/mapping/area.c
 */
static bool areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper)
{
    (void)lower, (void)upper;
    return false;
}

void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    (void)mm, (void)start, (void)end;
}
