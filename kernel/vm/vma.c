/* The tree of areas. Chapter "Memory Mapping": the document's list, made a tree. */
#include "vm/vma.h"

#include "abi/errno.h"
#include "mmu/page_table.h"
#include "sync/printf.h"
#include "vm/mm.h"

static struct vm_area_struct *vma_of(struct rb_node *node)
{
    return node ? container_of(node, struct vm_area_struct, node) : NULL;
}

/* last_found is a hint: it is cleared when its area goes, under the write lock. */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va)
{
    struct vm_area_struct *found = __atomic_load_n(&mm->last_found, __ATOMIC_RELAXED);
    struct rb_node *node = mm->vmas.node;

    if (found && found->start <= va && va < found->end)
        return found;
    found = NULL;
    while (node) {
        struct vm_area_struct *vma = vma_of(node);

        if (va < vma->end) {
            found = vma;
            if (vma->start <= va)
                break;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    if (found)
        __atomic_store_n(&mm->last_found, found, __ATOMIC_RELAXED);
    return found;
}

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
    return vma_of(rb_next(&vma->node));
}

int vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct rb_node **link = &mm->vmas.node;
    struct rb_node *parent = NULL;

    assert(vma->start < vma->end);
    while (*link) {
        struct vm_area_struct *other = vma_of(*link);

        parent = *link;
        if (vma->end <= other->start)
            link = &parent->left;
        else if (vma->start >= other->end)
            link = &parent->right;
        else
            return -EEXIST;
    }
    rb_link_node(&vma->node, parent, link);
    rb_insert(&mm->vmas, &vma->node, NULL);
    mm->vma_count++;
    return 0;
}

void vma_remove(struct mm_struct *mm, struct vm_area_struct *vma)
{
    rb_erase(&mm->vmas, &vma->node, NULL);
    mm->vma_count--;
    if (mm->last_found == vma)
        mm->last_found = NULL;
}

struct commit vma_charge(const struct vm_area_struct *vma, uint32_t levels)
{
    struct commit charge = {0, 0};

    if ((vma->access & ACCESS_WRITE) && !(vma->flags & VMA_UNRESERVED))
        charge.pages = (int64_t)((vma->end - vma->start) >> PAGE_SHIFT);
    for (uint32_t level = 1; level < levels; level++) {
        uint32_t shift = PAGE_SHIFT + 9 * level;

        charge.unswappable += (int64_t)(((vma->end - 1) >> shift) - (vma->start >> shift) + 1);
    }
    return charge;
}

bool vma_maps_whole_page(const struct vm_area_struct *vma, uint64_t va)
{
    return ((vma->offset ^ vma->start) & PAGE_MASK) == 0 &&
           va + PAGE_SIZE - vma->start <= vma->file_bytes;
}
