/*
 * The starting version of the lab's functions: kernel/vm/mapping/vma.c and area.c have these bodies
 * in a hand-out. The signatures are those of the reference. No compiler reads this file itself.
 */

struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va)
{
    (void)mm;
    (void)va;
    not_written("find_vma");
}

void vma_find_range(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range)
{
    (void)mm;
    (void)start;
    (void)end;
    (void)range;
    not_written("vma_find_range");
}

bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range)
{
    (void)mm;
    (void)length;
    (void)top;
    (void)range;
    not_written("vma_find_gap");
}

static int area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at)
{
    (void)mm;
    (void)vma;
    (void)at;
    not_written("area_split");
}

static bool areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper)
{
    (void)lower;
    (void)upper;
    not_written("areas_alike");
}

void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    (void)mm;
    (void)start;
    (void)end;
    not_written("areas_merge");
}
