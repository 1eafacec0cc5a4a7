/*
 * Two of the student's functions are static: their file is included here, and each is reached
 * through a function of ours. Nothing else is in this file, so that no name of theirs meets one of
 * ours.
 */
#include LAB_FILE

int lab_area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at);
bool lab_areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper);

int lab_area_split(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t at)
{
    return area_split(mm, vma, at);
}

bool lab_areas_alike(const struct vm_area_struct *lower, const struct vm_area_struct *upper)
{
    return areas_alike(lower, upper);
}
