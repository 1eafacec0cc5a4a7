/*
 * The areas that a program has from the start: segments, stack, heap. Chapter "Memory Mapping".
 *
 * Locks: none. Sleep: all of them.
 */
#pragma once

#include "vm/mapping/mm.h"

/*
 * exec: one ELF segment. Maps [va, va + mem_bytes): the first file_bytes come from object at offset
 * (any byte offset), the rest is zero. Nothing is read. prot: PROT_... The area takes a use of
 * object.
 * Returns: 0, -ENOMEM, -ETXTBSY, -ENOEXEC (overlap, out of the user half, wrap-around).
 */
int mm_map_segment(struct mm_struct *mm, uint64_t va, uint64_t mem_bytes, int prot,
                   struct vm_object *object, uint64_t offset, uint64_t file_bytes);
/*
 * exec, after the segments: makes the stack's area, charged up to its limit, and starts the heap
 * at the page after the last segment. *top is the stack's end (16-aligned, exclusive).
 * Returns: 0, -ENOMEM, -ENOEXEC (a segment is in its way).
 */
int mm_map_stack(struct mm_struct *mm, uint64_t limit_bytes, uint64_t *top);
/*
 * The stack's area comes down to the page va, if it is the next area above va, and va is not below
 * the limit. Else nothing changes: the fault that asked looks again, and finds out.
 * Returns: 0, also if nothing changed; or -ENOMEM (the charge for a page table).
 */
int stack_grow(struct mm_struct *mm, uint64_t va);
/*
 * sbrk. lazy: the new memory is unreserved. *old_break becomes the break before.
 * Returns: 0, -ENOMEM, -EINVAL.
 */
int mm_sbrk(struct mm_struct *mm, int64_t bytes, bool lazy, uint64_t *old_break);
