/* The student's half of fork, which is static, is reached through a function of ours. */
#include LAB_FILE

uint64_t lab_entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                           pte_t *from, pte_t *to, uint64_t count, bool *protected);

uint64_t lab_entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                           pte_t *from, pte_t *to, uint64_t count, bool *protected)
{
    return entries_share(parent, child, va, from, to, count, protected);
}
