/*
 * The tree of areas. Chapter "Memory Mapping": the document's list, made a tree, in which each node
 * knows the largest gap of its subtree.
 *
 * What always holds: vma->gap is the distance from the end of the area before (or from 0) to
 * vma->start, and vma->largest_gap the greatest gap in the node's subtree.
 */
#include "vm/vma.h"

#include "abi/errno.h"
#include "sync/printf.h"
#include "vm/mm.h"

static struct vm_area_struct *vma_of(struct rb_node *node)
{
    return node ? container_of(node, struct vm_area_struct, node) : NULL;
}

static uint64_t subtree_gap(struct rb_node *node)
{
    return node ? vma_of(node)->largest_gap : 0;
}

static void gap_augment(struct rb_node *node)
{
    struct vm_area_struct *vma = vma_of(node);
    uint64_t left = subtree_gap(node->left);
    uint64_t right = subtree_gap(node->right);
    uint64_t largest = left > right ? left : right;

    vma->largest_gap = vma->gap > largest ? vma->gap : largest;
}

/* Locks: mm->lock for writing. The gap below vma, after it or the area before it has moved. */
static void gap_update(struct vm_area_struct *vma)
{
    struct vm_area_struct *before = vma_prev(vma);

    vma->gap = vma->start - (before ? before->end : 0);
    rb_update(&vma->node, gap_augment);
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

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
    return vma_of(rb_prev(&vma->node));
}

struct vm_area_struct *vma_last(struct mm_struct *mm)
{
    return vma_of(rb_last(&mm->vmas));
}

uint64_t vma_ceiling(struct mm_struct *mm, uint64_t end)
{
    struct vm_area_struct *next = find_vma(mm, end);

    return next ? next->start : UINT64_MAX;
}

uint64_t vma_floor(struct mm_struct *mm, uint64_t start)
{
    struct vm_area_struct *next = find_vma(mm, start);
    struct vm_area_struct *before = next ? vma_prev(next) : vma_last(mm);

    return before ? before->end : 0;
}

int vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct rb_node **link = &mm->vmas.node;
    struct rb_node *parent = NULL;
    struct vm_area_struct *next;

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
    vma->gap = vma->largest_gap = 0;
    rb_insert(&mm->vmas, &vma->node, gap_augment);
    gap_update(vma);
    next = vma_next(vma);
    if (next)
        gap_update(next);
    mm->vma_count++;
    return 0;
}

void vma_remove(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct vm_area_struct *next = vma_next(vma);

    rb_erase(&mm->vmas, &vma->node, gap_augment);
    if (next)
        gap_update(next);
    mm->vma_count--;
    if (mm->last_found == vma)
        mm->last_found = NULL;
}

void vma_resize(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
    struct vm_area_struct *next = vma_next(vma);

    (void)mm;
    vma->start = start;
    vma->end = end;
    gap_update(vma);
    if (next)
        gap_update(next);
}

/*
 * The gap below an area ends where the area starts. Wanted is the highest that is long enough when
 * cut off at top: go right while the right subtree may have one, then the node, then left. A
 * subtree whose gaps are long enough, but only above top, is entered at most once a level.
 */
static struct vm_area_struct *gap_below(struct rb_node *node, uint64_t length, uint64_t top)
{
    while (node) {
        struct vm_area_struct *vma = vma_of(node);
        uint64_t base = vma->start - vma->gap;

        if (vma->end < top && subtree_gap(node->right) >= length) {
            struct vm_area_struct *found = gap_below(node->right, length, top);

            if (found)
                return found;
        }
        if (vma->gap >= length && base <= top - length)
            return vma;
        node = subtree_gap(node->left) >= length ? node->left : NULL;
    }
    return NULL;
}

uint64_t vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top)
{
    struct vm_area_struct *last = vma_last(mm);
    uint64_t used = last ? last->end : 0;
    struct vm_area_struct *above;
    uint64_t end;

    if (length > top)
        return 0;
    if (used <= top - length)
        return top - length;
    above = gap_below(mm->vmas.node, length, top);
    if (!above)
        return 0;
    end = above->start < top ? above->start : top;
    return end - length;
}

bool vma_is_charged(const struct vm_area_struct *vma)
{
    return (vma->flags & (VMA_CHARGED | VMA_UNRESERVED)) == VMA_CHARGED;
}

