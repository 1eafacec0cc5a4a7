/*
 * The lab's functions under each rule.
 *
 * rule hint_has_gap: find_vma gives the area that was found last also for an address in the gap
 *      below that area.
 * rule gaps_first: vma_find_gap takes the highest gap below an area. The room above the last area
 *      is taken only where no such gap is large enough.
 * rule merges_from_above: areas_merge goes from the highest border to the lowest. Of several areas
 *      that become one, the highest is closed first.
 */

struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va)
{
    struct vm_area_struct *found = __atomic_load_n(&mm->last_found, __ATOMIC_RELAXED);
    struct rb_node *node = mm->vmas.node;

    if (found && found->start - (hint_has_gap ? found->gap : 0) <= va && va < found->end)
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

bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range)
{
    struct vm_area_struct *below = vma_last(mm), *above = NULL;
    uint64_t end = top;
    bool has_room;

    if (length > top)
        return false;
    has_room = vma_floor(below) <= top - length;
    if (gaps_first || !has_room)
        above = gap_below(mm->vmas.node, length, top);
    if (above) {
        below = vma_prev(above);
        if (above->start < top)
            end = above->start;
    } else if (!has_room) {
        return false;
    }
    *range = (struct vma_range){end - length, end, below, above, below, above};
    return true;
}

void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct vm_area_struct *vma, *other;

    if (merges_from_above) {
        vma = find_vma(mm, end);
        if (!vma)
            vma = vma_last(mm);
        for (; vma && vma->start >= start; vma = other) {
            other = vma_prev(vma);
            if (vma->start <= end)
                area_join(mm, other, vma);
        }
        return;
    }
    vma = find_vma(mm, start > 0 ? start - 1 : 0);
    while (vma && vma->start <= end && (other = vma_next(vma)) != NULL)
        if (!area_join(mm, vma, other))
            vma = other;
}
