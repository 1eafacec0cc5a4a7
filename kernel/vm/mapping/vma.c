/*
 * The tree of areas. Chapter "Memory Mapping": the document's list, made a tree, in which each node
 * knows the largest gap of its subtree.
 *
 * What always holds: vma->gap is the distance from the end of the area before (or from 0) to
 * vma->start, and vma->largest_gap the greatest gap in the node's subtree.
 */
#include "vm/mapping/vma.h"

#include "sync/printf.h"

static struct vm_area_struct *vma_of(struct rb_node *node)
{
    return node ? container_of(node, struct vm_area_struct, node) : NULL;
}

static uint64_t subtree_gap(struct rb_node *node)
{
    return node ? vma_of(node)->largest_gap : 0;
}

/* Locks: mm's. */
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

/* Readers may overwrite each other's last_found: any area of the tree will do. */
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

void vma_find_range(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range)
{
    struct vm_area_struct *vma = find_vma(mm, start);

    range->start = start;
    range->end = end;
    range->below = range->last = vma ? vma_prev(vma) : vma_last(mm);
    range->first = vma;
    for (; vma && vma->start < end; vma = vma_next(vma))
        range->last = vma;
    range->above = vma;
}

/*
 * Of two neighbours in the tree one is an ancestor of the other, so the lower one has no right
 * child or the upper one no left child. An ancestor's gap is made right by the way up from vma.
 */
void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma, const struct vma_range *range)
{
    struct vm_area_struct *below = range->below, *above = range->above;
    struct rb_node **link = &mm->vmas.node;
    struct rb_node *parent = NULL;

    if (above && !above->node.left) {
        parent = &above->node;
        link = &parent->left;
    } else if (below) {
        parent = &below->node;
        link = &parent->right;
    }
    assert(vma_floor(below) <= vma->start && vma->start < vma->end &&
           vma->end <= vma_ceiling(above) && !*link);
    vma->gap = vma->start - vma_floor(below);
    if (above)
        above->gap = above->start - vma->end;
    rb_link_node(&vma->node, parent, link);
    rb_insert(&mm->vmas, &vma->node, gap_augment);
    mm->vma_count++;
    if (vma_is_unreserved(vma))
        mm_use_rules(mm);
}

struct vm_area_struct *vma_remove(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct vm_area_struct *next = vma_next(vma);

    if (next) /* an ancestor, or in vma's right subtree: rb_erase updates it */
        next->gap += vma->end - vma->start + vma->gap;
    rb_erase(&mm->vmas, &vma->node, gap_augment);
    mm->vma_count--;
    if (mm->last_found == vma)
        __atomic_store_n(&mm->last_found, NULL, __ATOMIC_RELAXED);
    return next;
}

void vma_resize(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
    struct vm_area_struct *next = vma_next(vma);

    vma->start = start;
    vma->end = end;
    gap_update(vma);
    if (next)
        gap_update(next);
}

/*
 * The area in node's subtree with the highest gap below it that has length bytes below top, or
 * NULL. Looks to the right first, where a gap may be long enough, then at the node, then to the
 * left. A subtree with gaps that are long enough, but only above top, is entered at most once a
 * level.
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

bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range)
{
    struct vm_area_struct *below = vma_last(mm), *above = NULL;
    uint64_t end = top;

    if (length > top)
        return false;
    if (vma_floor(below) > top - length) {
        above = gap_below(mm->vmas.node, length, top);
        if (!above)
            return false;
        below = vma_prev(above);
        if (above->start < top)
            end = above->start;
    }
    *range = (struct vma_range){end - length, end, below, above, below, above};
    return true;
}
