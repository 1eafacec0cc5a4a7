/* The same for copy_in_page(), which is static in usercopy.c: see window_kind.c. */
#include LAB_FILE

size_t lab_copy_in_page(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                        enum user_copy way);

size_t lab_copy_in_page(struct mm_struct *mm, uint64_t user, void *kernel, size_t bytes,
                        enum user_copy way)
{
    return copy_in_page(mm, user, kernel, bytes, way);
}
