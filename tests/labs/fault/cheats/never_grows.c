/*
 * The stack stays as it is, which is never below its limit.
 * file: kernel/vm/mapping/image.c
 */
int stack_grow(struct mm_struct *mm, uint64_t va)
{
    (void)mm, (void)va;
    return 0;
}
