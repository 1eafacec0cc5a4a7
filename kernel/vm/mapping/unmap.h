/*
 * Taking pages and page tables out of a space. Chapter "Memory Mapping".
 */
#pragma once

#include "vm/mapping/vma.h"

/*
 * Empties the entries of [start, end), fences, and drops the pages and swap slots. The areas stay.
 * Locks: mm->lock for writing.
 */
void unmap_page_range(struct mm_struct *mm, uint64_t start, uint64_t end);
/*
 * Frees the page tables that only range needed. It has no areas any more, and no pages.
 * Locks: mm->lock for writing.
 */
void tables_remove(struct mm_struct *mm, const struct vma_range *range);
/*
 * Frees the page tables that are empty now. They stay charged. A space that fork still fills is
 * left alone.
 * Locks: none.
 * Sleeps.
 */
void tables_trim(struct mm_struct *mm);
