/* The student's file. One function is static, and reached through a function of ours. */
#include LAB_FILE

uint64_t lab_private_pages(struct mm_struct *mm);

uint64_t lab_private_pages(struct mm_struct *mm)
{
    return private_pages(mm);
}
