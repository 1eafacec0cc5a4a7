/*
 * Copies nothing, so that it copies nothing that it must not.
 * file: kernel/vm/faults/usercopy.c
 */
static size_t __attribute__((noinline)) copy_in_page(struct mm_struct *mm, uint64_t user,
                                                     void *kernel, size_t bytes,
                                                     enum user_copy way)
{
    (void)mm, (void)user, (void)kernel, (void)bytes, (void)way;
    return 0;
}
